"""What winget asks of the three manifests of a package, version 1.6.0, as far as
portguard's make use of it: facts of the public schema, as a JSON Schema of our own. Values
are texts, since YAML is read without guessing types."""

IDENTIFIER = {"type": "string", "maxLength": 128,
              "pattern": r"^[^\s.\\/:*?\"<>|]{1,32}(\.[^\s.\\/:*?\"<>|]{1,32}){1,7}$"}
VERSION = {"type": "string", "maxLength": 128, "pattern": r"^[^\\/:*?\"<>|]+$"}
LOCALE = {"type": "string", "pattern": r"^[a-zA-Z]{2,3}(-[A-Za-z0-9]{2,8})*$"}
ADDRESS = {"type": "string", "maxLength": 2048, "pattern": r"^https?://\S+$"}
CODE = {"type": "string", "minLength": 1, "maxLength": 255}
SHA256 = {"type": "string", "pattern": r"^[A-Fa-f0-9]{64}$"}


def text(most, least=1):
    return {"type": "string", "minLength": least, "maxLength": most}


def one_of(*values):
    return {"enum": list(values)}


def some(items, most):
    return {"type": "array", "items": items, "maxItems": most, "uniqueItems": True}


TYPES = one_of("msix", "msi", "appx", "exe", "zip", "inno", "nullsoft", "wix", "burn", "pwa",
               "portable")

ENTRY = {"type": "object", "additionalProperties": False, "properties": {
    "DisplayName": text(256), "Publisher": text(256), "DisplayVersion": text(128),
    "ProductCode": CODE, "UpgradeCode": CODE, "InstallerType": TYPES}}

INSTALLER = {"type": "object", "additionalProperties": False,
             "required": ["Architecture", "InstallerUrl", "InstallerSha256"],
             "properties": {
                 "Architecture": one_of("x86", "x64", "arm", "arm64", "neutral"),
                 "InstallerUrl": ADDRESS, "InstallerSha256": SHA256, "ProductCode": CODE,
                 "AppsAndFeaturesEntries": some(ENTRY, 128)}}

PARTS = {
    "version": (["DefaultLocale"], {"DefaultLocale": LOCALE}),
    "defaultLocale": (
        ["PackageLocale", "Publisher", "PackageName", "License", "ShortDescription"],
        {"PackageLocale": LOCALE, "Publisher": text(256, 2), "PackageName": text(256, 2),
         "PackageUrl": ADDRESS, "License": text(512, 3), "ShortDescription": text(256, 3),
         "Description": text(10000, 3), "Moniker": text(40), "Tags": some(text(40), 16)}),
    "installer": (
        ["Installers"],
        {"Platform": some(one_of("Windows.Desktop", "Windows.Universal"), 2),
         "MinimumOSVersion": {"type": "string", "pattern": r"^\d{1,5}(\.\d{1,5}){0,3}$"},
         "InstallerType": TYPES, "Scope": one_of("user", "machine"),
         "InstallModes": some(one_of("interactive", "silent", "silentWithProgress"), 3),
         "UpgradeBehavior": one_of("install", "uninstallPrevious", "deny"),
         "ElevationRequirement": one_of("elevationRequired", "elevationProhibited",
                                        "elevatesSelf"),
         "Commands": some(text(40), 16),
         "ReleaseDate": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
         "Installers": {"type": "array", "minItems": 1, "maxItems": 1024, "items": INSTALLER}}),
}


def schema(kind):
    """Of the manifest with that ManifestType."""
    required, properties = PARTS[kind]
    return {"type": "object", "additionalProperties": False,
            "required": ["PackageIdentifier", "PackageVersion", "ManifestType",
                         "ManifestVersion", *required],
            "properties": {"PackageIdentifier": IDENTIFIER, "PackageVersion": VERSION,
                           "ManifestType": {"const": kind}, "ManifestVersion": {"const": "1.6.0"},
                           **properties}}
