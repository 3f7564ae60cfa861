"""The tables of docs/enterprise.md: what is put in, and what is reckoned from it."""

import ast
import math
import operator
import re

from harness import SOURCE

PAGE = SOURCE / "docs" / "enterprise.md"
LIMITS = SOURCE / "common" / "limits.h"
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
             ast.Div: operator.truediv, ast.Pow: operator.pow}
FUNCTIONS = {"ceil": math.ceil, "max": max}


def tables():
    """(the cells of the head, [the cells of a row, …]) of each."""
    for table in re.findall(r"(?:^\|.*\|\n)+", PAGE.read_text(encoding="utf-8"), re.M):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split(" | ")]
                          for line in table.splitlines()]
        yield head, rows


def rows_of(*head):
    """Of all tables whose head begins so; names and formulas without their quotes."""
    return [[cell.strip("`") if place < 2 else cell for place, cell in enumerate(row)]
            for found, rows in tables() if tuple(found[:len(head)]) == head
            for row in rows]


def number(shown):
    return float(shown.replace(",", ""))


def as_shown(value, shown):
    """`value` with as many places as `shown` has."""
    places = len(shown.partition(".")[2])
    return f"{value:,.{places}f}"


def put_in():
    """Name -> value of everything that is not reckoned."""
    return {name: number(value) for name, value, *_ in rows_of("name", "value")}


def reckoned():
    """(name, formula, value as shown) in the order of the page."""
    return [(name, formula, shown) for name, formula, shown, *_ in
            rows_of("name", "formula", "value")]


def evaluate(formula, names):
    def of(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return names[node.id]
        if isinstance(node, ast.Call):
            return FUNCTIONS[node.func.id](*map(of, node.args))
        return OPERATORS[type(node.op)](of(node.left), of(node.right))
    return of(ast.parse(formula, mode="eval").body)


def limit(constant):
    """Of common/limits.h; what is in milliseconds there, in seconds."""
    header = LIMITS.read_text(encoding="utf-8")
    value = int(re.search(rf"#define {constant} (\d+)", header)[1])
    return value / 1000 if constant.endswith("_MS") else value
