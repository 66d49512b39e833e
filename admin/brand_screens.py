"""How the company's pages look and whom they name; nobody sees another page than everybody else."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from flask import request, url_for
from flask_admin import expose
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ..core.contracts.brand import Brand, Logo
from ..core.contracts.text import Text
from ..core.db.settings_store import SavedMeanwhile
from ..core.recovery.differences import between_values
from ..core.service.brand_desk import BrandDesk, Pinned, UnfitBrand
from ..core.service.brand_flaws import flaws_of
from ..core.service.console import Console
from ..core.service.kept_rules import PAGE, Change, Kept, Refused
from ..core.service.pictures import NotTaken, kind_of_picture
from ..core.service.samples import samples
from .access import Role, Screen
from .brand_form import LABELS, PICTURES, PINNED, BrandForm, LogoForm, said_of, sheets
from .forms import WhyForm
from .plugin_screens import MEANWHILE
from .policy_screens import HISTORY
from .policy_wish import Do, Wish, number
from .rule_changes import Changes
from .rule_review import Look

WORDS = Changes(LABELS, {}, {})
KINDS = {"svg": "image/svg+xml; charset=utf-8", "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


class BrandBench:
    """For one request: what holds is read once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.desk: BrandDesk = console.brand

    @cached_property
    def now(self) -> Kept[Brand]:
        """What holds."""
        return self.desk.now()

    def wanted(self, wish: Wish) -> tuple[Brand | None, BrandForm]:
        """What would be saved, and the form it comes from; None for a mistake, or a version that never was."""
        if wish.do is Do.VERSION:
            kept = self.desk.ledger.version(wish.number)
            return (kept.rules if kept else None), BrandForm(obj=self.now.rules)
        form = BrandForm(MultiDict([(name, value) for name, values in wish.sent.items() for value in values]))
        self._fill_pinned(form)
        if not form.validate():
            return None, form
        brand = form.brand(self.now.rules)
        for flaw in flaws_of(brand):
            form.wrong(flaw.field, said_of(flaw))
        return (None if form.errors else brand), form

    def _fill_pinned(self, form: BrandForm) -> None:
        """What a page cannot change it does not send rightly either: switches are not sent at all."""
        for name in self.desk.file.pinned & {field.name for field in form}:
            form[name].data = getattr(self.now.rules, name)
            form[name].raw_data = None

    def look(self, brand: Brand) -> Look:
        """What saving it would change."""
        return Look(WORDS.lines(self.desk.differences(brand)), WORDS)


class BrandScreen(Screen):
    """The company's name, whom to call, colours and logo."""

    key = "brand"
    label = Text("Text and brand")
    group = "looks"
    icon = "brand"
    sees = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
    changes = frozenset({Role.ADMINISTRATOR})
    asks = frozenset({"look", "review"})

    @expose("/")
    def index(self) -> Response:
        """What holds, as a form, and how it looks."""
        bench = BrandBench(self.console)
        return self._edit(bench, BrandForm(obj=bench.now.rules), bench.now.rules)

    @expose("/", methods=["POST"])
    def look(self) -> Response:
        """How pages and messages would look: beside the form, or on a page of its own that asks why."""
        bench, wish = BrandBench(self.console), Wish.read(request.form)
        if wish is None or wish.do is not Do.POLICY:
            return self.go()
        brand, form = bench.wanted(wish)
        if brand is None:
            return self._edit(bench, form, bench.now.rules, after=wish.after)
        if request.form.get("press") == "review":
            return self._reviewed(bench, wish)
        return self._edit(bench, form, brand, look=bench.look(brand), after=wish.after)

    @expose("/review", methods=["POST"])
    def review(self) -> Response:
        """An older version, before anything is saved."""
        wish = Wish.read(request.form)
        return self._reviewed(BrandBench(self.console), wish) if wish else self.go()

    @expose("/save")
    def again(self) -> Response:
        """Back from a new sign-in: what was to be saved stands there still."""
        typed = self.desk.take(self.who, request.path)
        sent = MultiDict([(name, value) for name, values in typed.items() for value in values])
        wish = Wish.read(sent)
        return self._reviewed(BrandBench(self.console), wish, WhyForm(sent)) if wish else self.go()

    @expose("/save", methods=["POST"])
    def save(self) -> Response:
        """Keep it, whole or not at all."""
        bench, wish, form = BrandBench(self.console), Wish.read(request.form), WhyForm(request.form)
        if wish is None:
            return self.go()
        brand, _ = bench.wanted(wish)
        if brand is None or not form.validate():
            return self._reviewed(bench, wish, form, 422)
        try:
            return self.go(saved=bench.desk.save(brand, Change(self.actor, str(form.why.data), wish.after)))
        except SavedMeanwhile:
            return self._reviewed(BrandBench(self.console), wish, form, 409)
        except (UnfitBrand, Refused):
            return self._reviewed(bench, wish, form, 422)

    @expose("/history")
    def history(self) -> Response:
        """Every save, the newest first."""
        bench = BrandBench(self.console)
        page = bench.desk.ledger.past(number(request.args, "before") or None)
        older = url_for(".history", before=page[PAGE - 1].version) if len(page) > PAGE else ""
        return self.show("console/rules_history.html", saves=page[:PAGE], older=older, now=bench.now, title=HISTORY)

    @expose("/version")
    def version(self) -> Response:
        """One save, beside the one before it and beside what holds now."""
        bench = BrandBench(self.console)
        asked = bench.desk.ledger.version(number(request.args, "number"))
        if asked is None:
            return self.go()
        before = next(iter(bench.desk.ledger.past(asked.version)), Kept(replace(bench.desk.file.brand, logo=None)))
        return self.show(
            "console/rules_version.html",
            title=Text("Version {n}", n=asked.version),
            asked=asked,
            now=bench.now,
            made=WORDS.lines(between_values(before.rules, asked.rules)),
            back=bench.look(asked.rules).lines,
        )

    @expose("/logo")
    def logo(self) -> Response:
        """The picture on every page."""
        kept = self.console.brand.logo()
        return self._logo_page(kept, LogoForm(data={"says_name": bool(kept.rules and kept.rules.says_name)}))

    @expose("/logo", methods=["POST"])
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

    def _reviewed(self, bench: BrandBench, wish: Wish, form: WhyForm | None = None, status: int = 200) -> Response:
        """The page that asks why. What holds by now counts, whatever the change was made from."""
        brand, typed = bench.wanted(wish)
        if brand is None:
            return self._edit(bench, typed, bench.now.rules) if wish.do is Do.POLICY else self.go()
        return self.show(
            "console/rules_review.html",
            status,
            title=Text("Save this change?"),
            look=bench.look(brand),
            form=form or WhyForm(),
            hidden=wish.hidden(bench.now.version),
            meanwhile=bench.now if wish.after != bench.now.version else None,
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
