"""What a call to the help desk costs, as a form."""

from __future__ import annotations

from decimal import Decimal

from wtforms import Field
from wtforms.validators import Optional, ValidationError

from ..core.contracts.text import Text
from ..core.service.reporting.ticket_costs import CENT, CURRENCY, MOST, TicketCost
from .forms import WhyForm, between
from .rule_inputs import Amount, Word


class TicketForm(WhyForm):
    """An amount and its currency; both empty where nothing shall be reckoned."""

    amount = Amount(
        Text("One call to the help desk costs"),
        [Optional(), between(0, MOST)],
        places=2,
        description=Text("Such as 22.50: working time on both sides. Empty: reports reckon nothing."),
    )
    currency = Word(Text("Currency"), longest=3, description=Text("Its three letters, such as EUR."))

    def validate_currency(self, field: Field) -> None:
        if (field.data or self.amount.data) and not CURRENCY.fullmatch(field.data or ""):
            raise ValidationError(Text("Type three capital letters, such as EUR."))

    @property
    def cost(self) -> TicketCost:
        """What the form says; it must be valid."""
        amount: Decimal | None = self.amount.data
        return TicketCost(amount.quantize(CENT), str(self.currency.data)) if amount else TicketCost()
