"""What a call of a gateway comes to: a cap, or a fault with its sentence."""

from dataclasses import dataclass

import structlog

from bot.crosschecks.caps import Cap
from bot.crosschecks.gateway_caps import GatewayCap
from bot.org.gateways import CapMode
from handlers.crosschecks.caps.adapter import CapRefused, CapUnreachable, GatewayAdapter

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A read or write that failed, with its sentence."""

    sentence: str
    refused: bool
    retry_after_seconds: float | None = None


Outcome = Cap | Fault


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A gateway in one run: its adapter, or why there is none, and whether its caps are written."""

    adapter: GatewayAdapter | Fault
    mode: CapMode


def fault_of(error: Exception, row: GatewayCap) -> Fault:
    """Returns what a failed call means. An answer that no adapter expected is logged, and tried again."""
    if isinstance(error, CapRefused):
        return Fault(sentence=str(error), refused=True)
    if isinstance(error, CapUnreachable):
        return Fault(sentence=str(error), refused=False, retry_after_seconds=error.retry_after_seconds)
    log.error("gateway's answer not understood", gateway=row.gateway, error=type(error).__name__, exc_info=error)
    return Fault(sentence=f"{row.gateway} answered what Tokens doesn't understand", refused=False)
