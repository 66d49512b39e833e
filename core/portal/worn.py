"""The company's brand on every page: its words, its logo, and its colours as a style sheet of their own."""

from __future__ import annotations

from werkzeug.wrappers import Response

from ..colours import dark_of, stylesheet
from ..contracts.brand import Brand
from .assets import Assets
from .settings import PortalSettings

COLOURS = "brand.css"
# What another process may have learnt of a moment before we do.
OURS = ("brand.", "logo.")


class Worn:
    """What pages wear now. Its files lie under names with their digest, so an old page still finds what it wears."""

    def __init__(self, assets: Assets, look: PortalSettings) -> None:
        self._assets = assets
        self._look = look
        self._brand: Brand | None = None

    def on_every_page(self) -> dict[str, object]:
        """For templates. The same for whoever comes: nothing here may tell people apart."""
        brand = self._current()
        return {
            "asset": self._assets.address,
            "company": brand.company,
            "logo": brand.logo,
            "colours": COLOURS if brand.accent else "",
            "help_desk": self._look.help_desk,
            "privacy_link": brand.privacy_link,
            "accessibility_link": brand.accessibility_link,
        }

    def response(self, name: str) -> Response:
        """A file of ours or of the company's, or 404."""
        if name.startswith(OURS) and not self._assets.knows(name):
            # The page came from a process that is a second ahead of this one.
            self._look.look_again()
            self._current()
        return self._assets.response(name)

    def _current(self) -> Brand:
        brand = self._look.brand()
        if brand is not self._brand:
            if brand.logo:
                self._assets.add(brand.logo.name, brand.logo.content)
            if brand.accent:
                dark = dark_of(brand.accent, brand.accent_dark)
                self._assets.add(COLOURS, stylesheet(brand.accent, dark))
            # Last, so that no other thread names a file that is not there yet.
            self._brand = brand
        return brand
