"""`recstore explain`: why may, or may not, somebody do something with an item."""

from pathlib import Path
from uuid import UUID

import click

from recstore.cli.options import as_json_option, data_option, installation, show
from recstore.model import Action


@click.command()
@click.argument("viewer")
@click.argument("action", type=click.Choice([action.value for action in Action]))
@click.argument("item", type=click.UUID)
@as_json_option
@data_option
def explain(viewer: str, action: str, item: UUID, as_json: bool, data: Path | None) -> None:
    """Explain what VIEWER may do with ITEM, and why.

    VIEWER is an address or an id. Tells relations, states and the deciding rule, and says it in plain
    words. For whoever runs the installation. Shows no title, name or content.
    """
    with installation(data) as recstore:
        told = recstore.explainer.explain_to_operator(viewer, Action(action), item)
        answer = {
            "allowed": told.allowed,
            "rule": told.rule,
            "line": told.line,
            "relations": told.relations,
            "states": told.states,
            "words": told.words,
            "ask": told.ask,
        }
    if as_json:
        show(answer)
        return
    rule = f"{told.rule}, line {told.line} of policy.csv" if told.rule else "no rule: nothing allows it"
    click.echo(f"{'allowed' if told.allowed else 'refused'} by {rule}")
    click.echo(f"relations: {', '.join(told.relations) or 'none'}")
    click.echo(f"states:    {', '.join(told.states) or 'none'}")
    click.echo(f"{told.words}; {told.ask}" if told.ask else told.words)
