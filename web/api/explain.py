"""Why somebody may, or may not."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint

from web import guard
from web.api import shapes
from web.api.refusals import refuses
from web.current import recstore, viewer

explain = APIBlueprint("api_explain", __name__, tag="Explain")


@explain.get("/explain")
@guard.signed_in
@refuses(403, "keepers_only")
@explain.input(shapes.Question, location="query", arg_name="question")
@explain.output(shapes.Explanation)
def explain_decision(question: shapes.Question) -> dict[str, Any]:
    """Explain what a user may do; about others, only to the responsible person and admins."""
    asker = viewer()
    explanation = recstore().explainer.explain(
        asker, of=question.viewer or asker.user_id, action=question.action, item_id=question.item
    )
    return asdict(explanation)
