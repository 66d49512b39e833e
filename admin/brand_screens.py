"""How the company's pages look and whom they name; nobody sees another page than everybody else."""

from __future__ import annotations

from dataclasses import replace

from flask import request
from flask_admin import expose
from werkzeug.wrappers import Response

from ..core.contracts.brand import Brand, Logo
from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.recovery.differences import between_values
from ..core.service.ruling.brand_desk import BrandDesk, Pinned, UnfitBrand
from ..core.service.ruling.brand_flaws import flaws_of
from ..core.service.ruling.kept_rules import PAGE, Change, Kept, Refused
from ..core.service.ruling.pictures import NotTaken, kind_of_picture
from ..core.service.sending.samples import samples
from .access import Role
from .brand_form import LABELS, PICTURES, PINNED, BrandForm, LogoForm, said_of, sheets
from .forms import as_sent
from .kept_screen import KeptBench, KeptScreen, typed_into
from .plugin_screens import MEANWHILE
from .policy_wish import WISHED, Do, Wish, number
from .rule_changes import Changes, Line
from .rule_review import Look
from .taken import takes

WORDS = Changes(LABELS, {}, {})
KINDS = {"svg": "image/svg+xml; charset=utf-8", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


class BrandBench(KeptBench[Brand]):
    """What the page of the brand works at."""

    @property
    def desk(self) -> BrandDesk:
        """Who reads and saves."""
        return self.console.brand

    @property
    def first(self) -> Brand:
        """What the file says, but for the picture, which has saves of its own."""
        return replace(self.desk.file.brand, logo=None)

    def form(self, wish: Wish) -> BrandForm:
        """As it was filled in."""
        form = BrandForm(as_sent(wish.sent))
        self._fill_pinned(form)
        return form

    def judged(self, form: BrandForm) -> Brand | None:
        """What the form says; None for one with a mistake, which it then tells."""
        if not form.validate():
            return None
        brand = form.brand(self.now.rules)
        for flaw in flaws_of(brand):
            form.wrong(flaw.field, said_of(flaw))
        return None if form.errors else brand

    def composed(self, wish: Wish) -> Brand | None:
        """What the form says; None for one with a mistake."""
        return self.judged(self.form(wish))

    def panel(self, brand: Brand) -> Look:
        """What saving it would change."""
        return Look(self.lines(self.now.rules, brand), WORDS)

    def lines(self, before: Brand, after: Brand) -> tuple[Line, ...]:
        """What is between two versions."""
        return WORDS.lines(between_values(before, after))

    def _fill_pinned(self, form: BrandForm) -> None:
        """What a page cannot change it does not send rightly either: switches are not sent at all."""
        for name in self.desk.file.pinned & {field.name for field in form}:
            form[name].data = getattr(self.now.rules, name)
            form[name].raw_data = None


class BrandScreen(KeptScreen[Brand]):
    """The company's name, whom to call, colours and logo."""

    key = "brand"
    label = Text("Text and brand")
    group = "looks"
    icon = "brand"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})

    def bench(self) -> BrandBench:
        """What holds, and what would."""
        return BrandBench(self.console)

    @expose("/")
    def index(self) -> Response:
        """What holds, as a form, and how it looks."""
        bench = self.bench()
        return self._edit(bench, BrandForm(obj=bench.now.rules), bench.now.rules)

    @expose("/", methods=["POST"])
    @takes(typed_into, *WISHED)
    def look(self) -> Response:
        """How pages and messages would look: beside the form, or on a page of its own that asks why."""
        bench, wish = self.bench(), Wish.read(request.form)
        if wish is None or wish.do is not Do.POLICY:
            return self.go()
        form = bench.form(wish)
        brand = bench.judged(form)
        if brand is None:
            return self._edit(bench, form, bench.now.rules, after=wish.after)
        if request.form.get("press") == "review":
            return self.reviewed(wish)
        return self._edit(bench, form, brand, look=bench.panel(brand), after=wish.after)

    def keep(self, brand: Brand, change: Change) -> Response:
        """Save it. What makes it unfit stands in the form, which the page goes back to."""
        try:
            return super().keep(brand, change)
        except UnfitBrand as unfit:
            raise Refused(()) from unfit

    def mistaken(self, wish: Wish) -> Response:
        """The form, as it was filled in."""
        bench = self.bench()
        form = bench.form(wish)
        bench.judged(form)
        return self._edit(bench, form, bench.now.rules)

    @expose("/logo")
    def logo(self) -> Response:
        """The picture on every page."""
        kept = self.console.brand.logo()
        return self._logo_page(kept, LogoForm(data={"says_name": bool(kept.rules and kept.rules.says_name)}))

    @expose("/logo", methods=["POST"])
    @takes(LogoForm, "after")
    def save_logo(self) -> Response:
        """Keep another picture, or none."""
        kept, form = self.console.brand.logo(), LogoForm(request.form)
        try:
            logo = self._chosen(kept, form)
        except NotTaken as refused:
            form.validate()
            form.wrong("picture", PICTURES[refused.why])
            return self._logo_page(kept, form, 422)
        if not form.validate():
            return self._logo_page(kept, form, 422)
        try:
            change = Change(self.actor, str(form.why.data), number(request.form, "after"))
            return self.go("logo", saved=self.console.brand.save_logo(logo, change))
        except SavedMeanwhile:
            form.wrong("", MEANWHILE)
            return self._logo_page(self.console.brand.logo(), form, 409)
        except Pinned:
            form.wrong("picture", PINNED)
            return self._logo_page(kept, form, 422)

    @expose("/logo/picture")
    def picture(self) -> Response:
        """What it looks like; nothing in it runs here, as the headers say."""
        logo = self.console.brand.logo().rules
        if logo is None:
            return self.go("logo")
        return Response(logo.content, content_type=KINDS[logo.name.rpartition(".")[2]])

    def _chosen(self, kept: Kept[Logo | None], form: LogoForm) -> Logo | None:
        """What was uploaded; without a file the picture stays. Raises NotTaken."""
        if form.remove.data:
            return None
        sent = request.files.get("picture")
        content = sent.read() if sent else b""
        says_name = bool(form.says_name.data)
        if not content:
            return replace(kept.rules, says_name=says_name) if kept.rules else None
        return Logo(f"logo.{kind_of_picture(content)}", content, says_name)

    def _edit(
        self, bench: BrandBench, form: BrandForm, shown: Brand, *, look: Look | None = None, after: int | None = None
    ) -> Response:
        console = self.console
        return self.show(
            "console/brand.html",
            422 if form.errors else 200,
            form=form,
            look=look,
            now=bench.now,
            pinned=dict.fromkeys(bench.desk.file.pinned, PINNED),
            shown=shown,
            sheets=sheets(shown),
            samples=tuple(samples(console.snapshots.current.plugins.methods, console.around, shown)),
            names=console.around.languages.names,
            after=bench.now.version if after is None else after,
            saved=number(request.args, "saved") == bench.now.version > 0,
        )

    def _logo_page(self, kept: Kept[Logo | None], form: LogoForm, status: int = 200) -> Response:
        return self.show(
            "console/brand_logo.html",
            status,
            title=Text("Logo"),
            form=form,
            kept=kept,
            saves=self.console.brand.logos.past()[:PAGE],
            pinned=PINNED if "logo" in self.console.brand.file.pinned else "",
            saved="saved" in request.args,
        )
