"""What the code of the product must not do, beside what it must not import: each a question to all modules.

Each takes modules by their dotted names and gives what breaks the habit, with its place.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.house.house import contract, parse

Modules = Mapping[str, Path]

LINES_OF_A_FILE = 320
LINES_OF_A_FUNCTION = 60
VAGUE = {"utils", "util", "helpers", "helper", "manager", "data", "info", "common", "misc"}
OPEN_SIDE = {
    "keys.approver",
    "keys.client",
    "keys.errors",
    "keys.grants",
    "keys.holder",
    "keys.pairing",
    "keys.passing",
    "keys.passphrase",
    "keys.protocol",
    "keys.public_keys",
    "keys.reasons",
    "keys.receipts",
    "keys.secret",
    "keys.wrap",
}
# Most methods do not count: `file.open()` may be anything.
CLOCKS = {"now", "utcnow", "today"}
IMPURE = CLOCKS | {"urandom", "open", "getenv", "input", "print"}
IMPURE_METHODS = CLOCKS | {"urandom", "getenv"}

# The supervisor reads nothing of it: it hands the whole on to the web process.
READ_THE_ENVIRONMENT = {"recstore.settings", "recstore.cli.supervisor"}
# The store in memory stamps its blobs, as real stores do. The agent has a clock of its own.
ASK_THE_TIME = {"recstore.clock", "recstore.storage.memory"}
# module → why it needs the bytes of a key
REVEAL = {
    "keys.approver": "signs a customer's consents",
    "keys.custodians.file": "wraps account keys under the installation's",
    "keys.custodians.kms": "hands account keys to KMS, and KMS its access key",
    "keys.custodians.pkcs11": "hands account keys to a token",
    "keys.passphrase_file": "derives a key from a passphrase",
    "keys.pairing": "writes the key by which the service is known into its file",
    "keys.receipt_key": "signs receipts",
    "recstore.agents": "keeps the key by which a customer's agent knows us",
    "keys.reply": "seals a data key for whoever asked",
    "keys.unwrap": "opens with an account's private key",
    "recstore.catalog.writing": "seals a fresh text key to the account's public key",
    "recstore.ingest.content": "seals new content under a fresh data key",
    "recstore.sealing.cell": "seals and opens what people wrote",
    "recstore.sealing.opener": "opens content for a grant",
}


def reach_behind_the_agent(modules: Modules) -> list[str]:
    """Find imports of more than the open side of keys."""
    return [
        f"{name}: {imported}"
        for name, path in modules.items()
        if not name.startswith("keys")
        for imported in sorted(_imports(parse(path)))
        if imported.split(".")[0] == "keys" and imported not in OPEN_SIDE
    ]


def think_impurely(modules: Modules) -> list[str]:
    """Find pure modules that ask a clock, open files, or print."""
    pure = contract("pure")["source_modules"]
    own = {
        name: path
        for name, path in modules.items()
        if any(name == each or name.startswith(f"{each}.") for each in pure)
    }
    return _find(own, lambda node: isinstance(node, ast.Call) and _called(node) in IMPURE)


def read_the_environment(modules: Modules) -> list[str]:
    """Find modules that read settings past the settings."""

    def reads(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Attribute)
            and node.attr in {"environ", "getenv", "environb"}
            and ast.unparse(node) != "request.environ"  # what the web server says of a request
        )

    return _find(_without(modules, READ_THE_ENVIRONMENT), reads)


def ask_the_time(modules: Modules) -> list[str]:
    """Find modules that ask the time of day past the clock."""
    rest = {name: path for name, path in modules.items() if not name.startswith("keys")}
    return _find(
        _without(rest, ASK_THE_TIME), lambda node: isinstance(node, ast.Call) and _called(node) in CLOCKS
    )


def reveal(modules: Modules) -> list[str]:
    """Find modules that see the bytes of a secret without being listed for it."""
    return _find(
        _without(modules, REVEAL), lambda node: isinstance(node, ast.Attribute) and node.attr == "reveal"
    )


def swallow(modules: Modules) -> list[str]:
    """Find handlers that catch everything and do nothing about it."""

    def swallows(node: ast.AST) -> bool:
        if not isinstance(node, ast.ExceptHandler):
            return False
        is_wide = isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
        acts = any(isinstance(inner, ast.Raise | ast.Return | ast.Call) for inner in ast.walk(node))
        return (node.type is None or is_wide) and not acts

    return _find(modules, swallows)


def grow_long(modules: Modules) -> list[str]:
    """Find long files and long functions. Migrations are lists of columns, long by nature."""
    written = {name: path for name, path in modules.items() if "versions" not in path.parts}
    files = [name for name, path in written.items() if len(path.read_text().splitlines()) > LINES_OF_A_FILE]
    return files + _find(
        written,
        lambda node: (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno + 1 > LINES_OF_A_FUNCTION
        ),
    )


def have_vague_names(modules: Modules) -> list[str]:
    """Find modules named after nothing in particular."""
    return [name for name in modules if set(name.split(".")) & VAGUE]


def _without(modules: Modules, listed: Mapping[str, str] | set[str]) -> Modules:
    return {name: path for name, path in modules.items() if name not in listed}


def _find(modules: Modules, is_broken: Callable[[ast.AST], bool]) -> list[str]:
    return list(_places(modules, is_broken))


def _places(modules: Modules, is_broken: Callable[[ast.AST], bool]) -> Iterator[str]:
    for name, path in modules.items():
        for node in ast.walk(parse(path)):
            if is_broken(node):
                yield f"{name}:{getattr(node, 'lineno', 0)}"


def _imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from keys import client` names a module, `from keys.client import Agent` a thing inside one
            found |= (
                {f"keys.{alias.name}" for alias in node.names} if node.module == "keys" else {node.module}
            )
    return found


def _called(call: ast.Call) -> str:
    """Give the name of what is called: `now` for `datetime.now()`."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute) and call.func.attr in IMPURE_METHODS:
        return call.func.attr
    return ""
