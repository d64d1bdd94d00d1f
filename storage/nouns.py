"""The transaction with the queries of each noun."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

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
from storage.org.teams import Teams
from storage.org.tree import Tree
from storage.outbox import Outbox
from storage.reporting.reports import Reports
from storage.reporting.subtree_reports import SubtreeReports
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
from storage.transaction import OpenTransaction

Queries = TypeVar("Queries")


def noun(queries: Callable[[OpenTransaction], Queries]) -> "cached_property[Queries]":
    """Returns a property with a noun's queries in its transaction, made at first use."""
    return cached_property(queries)


class Transaction(OpenTransaction):
    """One transaction or snapshot with each noun's queries: `tx.ledger.post(…)`."""

    config = noun(Config)
    teams = noun(Teams)
    set_budgets = noun(SetBudgets)
    attribution = noun(AttributionRules)
    reattributions = noun(Reattributions)
    people = noun(People)
    roles = noun(Roles)
    same_people = noun(SamePeople)
    tree = noun(Tree)
    keys = noun(Keys)
    read_keys = noun(ReadKeys)
    usage = noun(Usage)
    pending = noun(Pending)
    event_keys = noun(EventKeys)
    booked_events = noun(BookedEvents)
    adjustments = noun(Adjustments)
    outcomes = noun(Outcomes)
    reports = noun(Reports)
    subtree_reports = noun(SubtreeReports)
    histories = noun(Histories)
    observations = noun(Observations)
    overlaps = noun(Overlaps)
    gateways = noun(Gateways)
    cap_marks = noun(CapMarks)
    gateway_caps = noun(GatewayCaps)
    health = noun(Health)
    prices = noun(StoredPrices)
    running_sums = noun(RunningSums)
    backfills = noun(Backfills)
    left_out = noun(LeftOutFields)
    producers = noun(SourceProducers)
    quarantine = noun(Quarantine)
    reconciliations = noun(Reconciliations)
    replays = noun(Replays)
    ledger = noun(Ledger)
    charges = noun(Charges)
    chargeback = noun(Chargeback)
    statements = noun(Statements)
    statement_coverage = noun(StatementCoverage)
    grants = noun(Grants)
    holds = noun(Holds)
    transfers = noun(Transfers)
    credits = noun(Credits)
    reservations = noun(Reservations)
    periods = noun(Periods)
    part_spend = noun(PartSpend)
    balance_changes = noun(BalanceChanges)
    person_limits = noun(PersonLimits)
    limit_raises = noun(LimitRaises)
    absences = noun(Absences)
    budget_requests = noun(BudgetRequests)
    request_drafts = noun(RequestDrafts)
    questions = noun(Questions)
    worth = noun(WorthAnswers)
    increase_requests = noun(IncreaseRequests)
    delegations = noun(Delegations)
    decision_times = noun(DecisionTimes)
    reminders = noun(Reminders)
    rehearsals = noun(Rehearsals)
    votes = noun(Votes)
    emergencies = noun(Emergencies)
    judgements = noun(Judgements)
    alert_settings = noun(StoredAlertSettings)
    alert_opinions = noun(AlertOpinions)
    alert_quality = noun(StoredAlertQuality)
    alert_deliveries = noun(AlertDeliveries)
    alerts = noun(Alerts)
    expectations = noun(Expectations)
    alert_bundles = noun(AlertBundles)
    outbox = noun(Outbox)
    slack_requests = noun(SlackRequests)
    deliveries = noun(Deliveries)
    reachability = noun(Reachability)
    audit = noun(Audit)
