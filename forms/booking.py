"""What can be recorded for a case on a day: kinds of work, modules with their rest, complexes.

The same facts that `ServiceRecord.rules` decide by, gathered for people who choose among them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from base.facts import Fact
from contracts.models import ContractEdition
from forms.models import Case, CasePlacement, ServiceRecord
from forms.phases import agreed_phases
from forms.topics import Topics
from forms.usage import NO_USAGE, CaseUsage, ModuleUsage, catalogue_contents, usage_of


@dataclass(frozen=True)
class BookableKind:
    """A kind of work of the contract edition in force."""

    key: str
    label: str
    setting: str


@dataclass(frozen=True)
class Bookable:
    """A module of the case's catalogue edition, with planned against used where there is any."""

    key: str
    code: str
    title: str
    usage: ModuleUsage | None
    ahead_of: str = ""
    """The phase it belongs to, where that needs an agreement and has none on the day."""

    @property
    def label(self) -> str:
        """Code and title as people know them."""
        return f"{self.code} {self.title}"


@dataclass(frozen=True)
class Complex:
    """A service complex (Leistungskomplex) that is not completed yet."""

    key: str
    label: str


@dataclass(frozen=True)
class Choices:
    """What can be recorded for one case on one day; modules planned for it come first."""

    kinds: tuple[BookableKind, ...]
    modules: tuple[Bookable, ...]
    complexes: tuple[Complex, ...]
    topics: Mapping[str, str]
    """Labels of the kinds of help, by key."""
    signed: bool
    """Whether the client signs the record."""


def choices_for(
    cases: Collection[Case], day: date, used: Mapping[int, CaseUsage] | None = None
) -> dict[int, Choices]:
    """Return what can be recorded, by the cases' keys; as many queries for many as for one.

    Who knows already what was used on that day says so.
    """
    offered = _agreed({case.contract_id for case in cases}, day)
    keys = [case.pk for case in cases]
    editions = placed_editions(keys, day)
    contents = catalogue_contents(set(editions.values()))
    used = usage_of(keys, day) if used is None else used
    agreed = agreed_phases(keys, day)
    done = _completed(keys)
    topics = Topics(case.contract_id for case in cases)
    found = {}
    for case in cases:
        kinds, complexes, signed = offered.get(case.contract_id, ((), (), False))
        content = contents.get(editions.get(case.pk))
        found[case.pk] = Choices(
            kinds=kinds,
            modules=_modules(content, used.get(case.pk, NO_USAGE), agreed.get(case.pk, ()))
            if content
            else (),
            complexes=tuple(each for each in complexes if (case.pk, each.key) not in done),
            topics=topics.on(case.contract_id, day),
            signed=signed,
        )
    return found


def contract_kinds(contracts: Iterable[int], day: date, *, of_groups: bool) -> list[BookableKind]:
    """Return kinds of work of all these contracts, each key once, in the contracts' order.

    Those of groups are recorded as a session, all others on the page of a day.
    """
    agreed = _agreed(set(contracts), day)
    found = {kind.key: kind for key in sorted(agreed) for kind in agreed[key][0]}
    return [kind for kind in found.values() if (kind.setting == "group") is of_groups]


def kind_labels(contracts: Iterable[int]) -> dict[tuple[int, str], str]:
    """Return the labels of kinds of work by contract and key, the newest edition's first."""
    editions = ContractEdition.objects.filter(contract__in=set(contracts)).order_by("number")
    return {
        (contract, kind["key"]): kind["label"]
        for contract, kinds in editions.values_list("contract", "content__kinds_of_work")
        for kind in kinds
    }


def complex_labels(contracts: Iterable[int]) -> dict[tuple[int, str], str]:
    """Return the labels of service complexes by contract and key, the newest edition's first."""
    editions = ContractEdition.objects.filter(contract__in=set(contracts)).order_by("number")
    return {
        (contract, stage["key"]): stage["label"]
        for contract, remuneration in editions.values_list("contract", "content__remuneration")
        for terms in remuneration
        for stage in terms.get("stages", ())
    }


def can_record_for(user, case: Case) -> bool:
    """Whether the person works for the case's provider and may record service."""
    return user.has_perm("forms.add_servicerecord", case)


def described(records: list) -> list:
    """Give records the labels people know: `kind_label`, `module_label`, `stage_label`,
    `topic_label`.
    """
    contracts = {record.contract_id for record in records}
    kinds, stages = kind_labels(contracts), complex_labels(contracts)
    topics = Topics(record.contract_id for record in records if record.topic)
    modules = _module_labels({record.case_id for record in records})
    for record in records:
        record.kind_label = kinds.get((record.contract_id, record.kind), record.kind)
        record.stage_label = stages.get((record.contract_id, record.stage), record.stage)
        record.module_label = modules.get((record.case_id, record.module), record.module)
        known = topics.ever(record.contract_id) if record.topic else {}
        record.topic_label = known.get(record.topic, record.topic)
    return records


def _module_labels(cases: set[int]) -> dict[tuple[int, str], str]:
    rows = CasePlacement.objects.filter(case__in=cases).order_by("valid_from")
    placed = list(rows.values_list("case", "catalogue_edition"))
    contents = catalogue_contents({edition for _case, edition in placed})
    return {
        (case, module.key): f"{module.code} {module.short_title or module.title}"
        for case, edition in placed
        for module in contents[edition].modules
    }


def placed_editions(cases: Collection[int], day: date) -> dict[int, int]:
    """Return the catalogue edition of each case's placement in force on the day, by key."""
    rows = CasePlacement.objects.filter(case__in=cases, valid_from__lte=day)
    return dict(rows.order_by("valid_from").values_list("case", "catalogue_edition"))


def _agreed(contracts: set[int], day: date) -> dict[int, tuple]:
    """Return kinds of work and service complexes of the editions in force, by contract, and
    whether records are signed.
    """
    rows = ContractEdition.objects.filter(contract__in=contracts, applies_from__lte=day)
    found = {}
    asked = ("kinds_of_work", "remuneration", "records_signed")
    for contract, kinds, remuneration, signed in rows.order_by("number").values_list(
        "contract", *(f"content__{name}" for name in asked)
    ):
        found[contract] = (
            tuple(
                BookableKind(kind["key"], kind["label"], kind.get("setting", "individual"))
                for kind in kinds
            ),
            tuple(
                Complex(stage["key"], stage["label"])
                for terms in remuneration
                for stage in terms.get("stages", ())
            ),
            signed is True,
        )
    return found


def _modules(content, used: CaseUsage, agreed: Collection[str]) -> tuple[Bookable, ...]:
    planned = {module.key: module for module in used.modules}
    gates = {phase.key: phase.label for phase in content.phases if phase.gated}
    found = [
        Bookable(
            each.key,
            each.code,
            each.short_title or each.title,
            planned.get(each.key),
            ahead_of="" if each.phase in agreed else gates.get(each.phase, ""),
        )
        for each in content.modules
        if each.bookable
    ]
    order = list(planned)
    return tuple(sorted(found, key=lambda each: order.index(each.key) if each.usage else 999))


def _completed(cases: Collection[int]) -> set[tuple[int, str]]:
    stored = ServiceRecord.objects.filter(case__in=cases, status=Fact.Status.SUBMITTED)
    return set(stored.exclude(stage="").order_by().values_list("case", "stage"))
