"""Few modules see a key's bytes: who is not listed here handles it shut."""

import ast

from tests.house.house import modules, parse

# module → why it needs the bytes
REVEAL = {
    "keys.custodians.file": "wraps account keys under the installation's",
    "keys.custodians.kms": "hands account keys to KMS, and KMS its access key",
    "keys.custodians.passphrase": "derives a key from a passphrase",
    "keys.custodians.pkcs11": "hands account keys to a token",
    "keys.reply": "seals a data key for whoever asked",
    "keys.unwrap": "opens with an account's private key",
    "recstore.ingest.content": "seals new content under a fresh data key",
    "recstore.sealing.opener": "opens content for a grant",
}


def reveals(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "reveal" for node in ast.walk(tree))


def test_only_the_listed_modules_see_the_bytes_of_a_secret() -> None:
    assert {name for name, path in modules().items() if reveals(parse(path))} == REVEAL.keys()
