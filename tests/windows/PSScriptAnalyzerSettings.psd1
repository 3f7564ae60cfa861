# What PSScriptAnalyzer looks for in the scripts of this project.
@{
  Severity = @('Error', 'Warning')
  Rules = @{
    PSUseCompatibleSyntax = @{
      Enable = $true
      TargetVersions = @('5.1', '7.0')
    }
  }
  ExcludeRules = @(
    # Functions of a test have no -WhatIf, are named as sentences read, and take the
    # password of a user who lives for a second.
    'PSUseShouldProcessForStateChangingFunctions'
    'PSUseSingularNouns'
    'PSAvoidUsingConvertToSecureStringWithPlainText'
    'PSAvoidUsingPlainTextForPassword'
    'PSAvoidUsingUsernameAndPasswordParams'
    # A completer is told to people to be piped there, and must leave $LASTEXITCODE alone.
    'PSAvoidUsingInvokeExpression'
    'PSAvoidGlobalVars'
    # It takes no notice of what blocks and dot-sourced files use.
    'PSUseDeclaredVarsMoreThanAssignments'
    'PSReviewUnusedParameter'
  )
}
