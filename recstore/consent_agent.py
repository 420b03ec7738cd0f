"""What the key agent says of a consent: it verifies who signed, and alone knows what was opened under it."""

from dataclasses import dataclass
from uuid import UUID

from keys.errors import OF_CONSENTS, AgentRefused, Refusal
from recstore.agents import Agents
from recstore.custody import answered
from recstore.errors import BadInput, KeysUnavailable

WHY_NOT = {
    Refusal.UNKNOWN_APPROVER: "No approver whom the key agent trusts signed it",
    Refusal.BAD_SIGNATURE: "Its signature does not fit what it says",
    Refusal.EXPIRED: "Its time is over by the key agent's clock",
    Refusal.WITHDRAWN: "It was withdrawn at the key agent",
}


@dataclass(frozen=True, slots=True)
class Word:
    """How many openings were used of a consent; or why it opens nothing, as a code of the agent."""

    used: int | None
    refused: Refusal | None


@dataclass(frozen=True, slots=True)
class ConsentAgent:
    """Asks the agent that holds an account's key. Raises KeysUnavailable where it does not answer."""

    agents: Agents

    def judge(self, account_id: UUID, document: bytes) -> Word:
        """Have a signed consent judged; nothing is counted."""
        try:
            with answered():
                fields = {"account_id": account_id, "consent": document}
                answer = self.agents.of(account_id).ask("check-consent", fields, expects="consent")
        except KeysUnavailable as error:
            refused = refusal_of(error)
            if refused is None:
                raise
            return Word(None, refused)
        return Word(answer["used"], None)

    def check(self, account_id: UUID, document: bytes) -> None:
        """Raise BadInput (bad_consent) unless something can be opened under a consent."""
        refused = self.judge(account_id, document).refused
        if refused is not None:
            words = f"{WHY_NOT.get(refused, 'This consent opens nothing')} ({refused})."
            raise BadInput(words, code="bad_consent")

    def withdraw(self, account_id: UUID, nonce: bytes) -> None:
        """Tell the agent that nothing more is opened under a consent."""
        try:
            with answered():
                fields = {"account_id": account_id, "nonce": nonce}
                self.agents.of(account_id).ask("withdraw-consent", fields, expects="withdrawn")
        except KeysUnavailable as error:
            raise KeysUnavailable(
                "The consent is withdrawn here, and nothing streams under it any more; but the key agent does"
                " not answer. Withdraw it once more when it does, or at the agent's home."
            ) from error


def refusal_of(error: KeysUnavailable) -> Refusal | None:
    """Give the code with which the agent refused a consent; None if something else is the matter."""
    why = error.__cause__
    return why.code if isinstance(why, AgentRefused) and why.code in OF_CONSENTS else None
