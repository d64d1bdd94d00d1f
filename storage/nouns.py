"""The transaction with the queries of each noun. A noun is imported when it is first used: a command needs few of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from storage.transaction import OpenTransaction

if TYPE_CHECKING:
    from storage.alerting.alert_bundles import AlertBundles
    from storage.alerting.alert_opinions import AlertOpinions
    from storage.alerting.alert_quality import StoredAlertQuality
    from storage.alerting.alerts import Alerts
    from storage.alerting.delivery_rules import AlertDeliveries
    from storage.alerting.expectations import Expectations
    from storage.alerting.judgements import Judgements
    from storage.books.audit import Audit
    from storage.books.chargeback import Chargeback
    from storage.books.charges import Charges
    from storage.books.closing.periods import Periods
    from storage.books.commitments.credits import Credits
    from storage.books.commitments.holds import Holds
    from storage.books.commitments.transfers import Transfers
    from storage.books.gatekeeping.changes import BalanceChanges
    from storage.books.gatekeeping.limit_raises import LimitRaises
    from storage.books.gatekeeping.person_limits import PersonLimits
    from storage.books.gatekeeping.reservations import Reservations
    from storage.books.gatekeeping.spend import PartSpend
    from storage.books.grants import Grants
    from storage.books.ledger import Ledger
    from storage.books.statements.coverage import StatementCoverage
    from storage.books.statements.sealed import Statements
    from storage.config import Config
    from storage.costs.prices import StoredPrices
    from storage.crosschecks.caps import CapMarks, GatewayCaps
    from storage.crosschecks.gateways import Gateways
    from storage.crosschecks.health import Health
    from storage.crosschecks.observations import Observations
    from storage.crosschecks.overlaps import Overlaps
    from storage.crosschecks.producers import SourceProducers
    from storage.crosschecks.reconciliations import Reconciliations
    from storage.deliveries import Deliveries
    from storage.detection.histories import Histories
    from storage.intake.adjustments import Adjustments
    from storage.intake.backfills import Backfills
    from storage.intake.booked_events import BookedEvents
    from storage.intake.event_keys.runs import EventKeys
    from storage.intake.keys import Keys
    from storage.intake.left_out import LeftOutFields
    from storage.intake.outcomes import Outcomes
    from storage.intake.pending import Pending
    from storage.intake.quarantine import Quarantine
    from storage.intake.read_keys import ReadKeys
    from storage.intake.reattributions import Reattributions
    from storage.intake.replays import Replays
    from storage.intake.sums.running_sums import RunningSums
    from storage.intake.usage import Usage
    from storage.org.alert_settings import StoredAlertSettings
    from storage.org.attribution import AttributionRules
    from storage.org.people import People
    from storage.org.reachability import Reachability
    from storage.org.roles import Roles
    from storage.org.same_people import SamePeople
    from storage.org.set_budgets import SetBudgets
    from storage.org.setups import TeamSetups
    from storage.org.teams import Teams
    from storage.org.tree import Tree
    from storage.outbox import Outbox
    from storage.reporting.canvases import Canvases
    from storage.reporting.home_changes import HomeChanges
    from storage.reporting.outcome_spend import OutcomeSpend
    from storage.reporting.reports import Reports
    from storage.reporting.subtree_reports import SubtreeReports
    from storage.reporting.week_uses import WeekUses
    from storage.requests.attendance.absences import Absences
    from storage.requests.attendance.delegations import Delegations
    from storage.requests.budget_requests import BudgetRequests
    from storage.requests.emergencies import Emergencies
    from storage.requests.increase_requests import IncreaseRequests
    from storage.requests.questions import Questions
    from storage.requests.rehearsals import Rehearsals
    from storage.requests.request_drafts import RequestDrafts
    from storage.requests.votes import Votes
    from storage.requests.waiting.decision_times import DecisionTimes
    from storage.requests.waiting.reminders import Reminders
    from storage.requests.worth import WorthAnswers
    from storage.slack_requests import SlackRequests


class _Noun:
    """A property with a noun's queries in its transaction, made at first use and kept."""

    def __init__(self, place: str) -> None:
        self.place = place
        self._name = ""

    def __set_name__(self, owner: type[object], name: str) -> None:
        self._name = name

    def __get__(self, transaction: OpenTransaction | None, owner: type[object]) -> Any:
        if transaction is None:
            return self
        module, _, queries = self.place.partition(":")
        made = transaction.__dict__[self._name] = getattr(import_module(module), queries)(transaction)
        return made


def noun(place: str) -> Any:
    """Returns the property of the noun at `module:Class`. A test holds each place to the type beside it."""
    return _Noun(place)


class Transaction(OpenTransaction):
    """One transaction or snapshot with each noun's queries: `tx.ledger.post(…)`."""

    config: Config = noun("storage.config:Config")
    teams: Teams = noun("storage.org.teams:Teams")
    set_budgets: SetBudgets = noun("storage.org.set_budgets:SetBudgets")
    team_setups: TeamSetups = noun("storage.org.setups:TeamSetups")
    attribution: AttributionRules = noun("storage.org.attribution:AttributionRules")
    reattributions: Reattributions = noun("storage.intake.reattributions:Reattributions")
    people: People = noun("storage.org.people:People")
    roles: Roles = noun("storage.org.roles:Roles")
    same_people: SamePeople = noun("storage.org.same_people:SamePeople")
    tree: Tree = noun("storage.org.tree:Tree")
    keys: Keys = noun("storage.intake.keys:Keys")
    read_keys: ReadKeys = noun("storage.intake.read_keys:ReadKeys")
    usage: Usage = noun("storage.intake.usage:Usage")
    pending: Pending = noun("storage.intake.pending:Pending")
    event_keys: EventKeys = noun("storage.intake.event_keys.runs:EventKeys")
    booked_events: BookedEvents = noun("storage.intake.booked_events:BookedEvents")
    adjustments: Adjustments = noun("storage.intake.adjustments:Adjustments")
    outcomes: Outcomes = noun("storage.intake.outcomes:Outcomes")
    canvases: Canvases = noun("storage.reporting.canvases:Canvases")
    outcome_spend: OutcomeSpend = noun("storage.reporting.outcome_spend:OutcomeSpend")
    reports: Reports = noun("storage.reporting.reports:Reports")
    home_changes: HomeChanges = noun("storage.reporting.home_changes:HomeChanges")
    subtree_reports: SubtreeReports = noun("storage.reporting.subtree_reports:SubtreeReports")
    week_uses: WeekUses = noun("storage.reporting.week_uses:WeekUses")
    histories: Histories = noun("storage.detection.histories:Histories")
    observations: Observations = noun("storage.crosschecks.observations:Observations")
    overlaps: Overlaps = noun("storage.crosschecks.overlaps:Overlaps")
    gateways: Gateways = noun("storage.crosschecks.gateways:Gateways")
    cap_marks: CapMarks = noun("storage.crosschecks.caps:CapMarks")
    gateway_caps: GatewayCaps = noun("storage.crosschecks.caps:GatewayCaps")
    health: Health = noun("storage.crosschecks.health:Health")
    prices: StoredPrices = noun("storage.costs.prices:StoredPrices")
    running_sums: RunningSums = noun("storage.intake.sums.running_sums:RunningSums")
    backfills: Backfills = noun("storage.intake.backfills:Backfills")
    left_out: LeftOutFields = noun("storage.intake.left_out:LeftOutFields")
    producers: SourceProducers = noun("storage.crosschecks.producers:SourceProducers")
    quarantine: Quarantine = noun("storage.intake.quarantine:Quarantine")
    reconciliations: Reconciliations = noun("storage.crosschecks.reconciliations:Reconciliations")
    replays: Replays = noun("storage.intake.replays:Replays")
    ledger: Ledger = noun("storage.books.ledger:Ledger")
    charges: Charges = noun("storage.books.charges:Charges")
    chargeback: Chargeback = noun("storage.books.chargeback:Chargeback")
    statements: Statements = noun("storage.books.statements.sealed:Statements")
    statement_coverage: StatementCoverage = noun("storage.books.statements.coverage:StatementCoverage")
    grants: Grants = noun("storage.books.grants:Grants")
    holds: Holds = noun("storage.books.commitments.holds:Holds")
    transfers: Transfers = noun("storage.books.commitments.transfers:Transfers")
    credits: Credits = noun("storage.books.commitments.credits:Credits")
    reservations: Reservations = noun("storage.books.gatekeeping.reservations:Reservations")
    periods: Periods = noun("storage.books.closing.periods:Periods")
    part_spend: PartSpend = noun("storage.books.gatekeeping.spend:PartSpend")
    balance_changes: BalanceChanges = noun("storage.books.gatekeeping.changes:BalanceChanges")
    person_limits: PersonLimits = noun("storage.books.gatekeeping.person_limits:PersonLimits")
    limit_raises: LimitRaises = noun("storage.books.gatekeeping.limit_raises:LimitRaises")
    absences: Absences = noun("storage.requests.attendance.absences:Absences")
    budget_requests: BudgetRequests = noun("storage.requests.budget_requests:BudgetRequests")
    request_drafts: RequestDrafts = noun("storage.requests.request_drafts:RequestDrafts")
    questions: Questions = noun("storage.requests.questions:Questions")
    worth: WorthAnswers = noun("storage.requests.worth:WorthAnswers")
    increase_requests: IncreaseRequests = noun("storage.requests.increase_requests:IncreaseRequests")
    delegations: Delegations = noun("storage.requests.attendance.delegations:Delegations")
    decision_times: DecisionTimes = noun("storage.requests.waiting.decision_times:DecisionTimes")
    reminders: Reminders = noun("storage.requests.waiting.reminders:Reminders")
    rehearsals: Rehearsals = noun("storage.requests.rehearsals:Rehearsals")
    votes: Votes = noun("storage.requests.votes:Votes")
    emergencies: Emergencies = noun("storage.requests.emergencies:Emergencies")
    judgements: Judgements = noun("storage.alerting.judgements:Judgements")
    alert_settings: StoredAlertSettings = noun("storage.org.alert_settings:StoredAlertSettings")
    alert_opinions: AlertOpinions = noun("storage.alerting.alert_opinions:AlertOpinions")
    alert_quality: StoredAlertQuality = noun("storage.alerting.alert_quality:StoredAlertQuality")
    alert_deliveries: AlertDeliveries = noun("storage.alerting.delivery_rules:AlertDeliveries")
    alerts: Alerts = noun("storage.alerting.alerts:Alerts")
    expectations: Expectations = noun("storage.alerting.expectations:Expectations")
    alert_bundles: AlertBundles = noun("storage.alerting.alert_bundles:AlertBundles")
    outbox: Outbox = noun("storage.outbox:Outbox")
    slack_requests: SlackRequests = noun("storage.slack_requests:SlackRequests")
    deliveries: Deliveries = noun("storage.deliveries:Deliveries")
    reachability: Reachability = noun("storage.org.reachability:Reachability")
    audit: Audit = noun("storage.books.audit:Audit")


def import_nouns() -> None:
    """Imports every noun that is not imported yet."""
    for found in vars(Transaction).values():
        if isinstance(found, _Noun):
            import_module(found.place.partition(":")[0])
