"""The time zones that a menu offers: one of each offset and habit, by the cities that people look for."""

from collections.abc import Iterable

from bot.periods import zone

MOST_OFFERED = 100
"""A menu of Slack's has no more options."""
_NAMES = """
UTC Pacific/Honolulu America/Anchorage America/Los_Angeles America/Phoenix America/Denver America/Chicago
America/Mexico_City America/Bogota America/Lima America/New_York America/Toronto America/Caracas
America/Halifax America/Santiago America/St_Johns America/Sao_Paulo America/Argentina/Buenos_Aires
America/Montevideo Atlantic/Azores Europe/London Europe/Dublin Europe/Lisbon Africa/Casablanca Africa/Lagos
Africa/Accra Europe/Madrid Europe/Paris Europe/Brussels Europe/Amsterdam Europe/Berlin Europe/Zurich
Europe/Rome Europe/Vienna Europe/Prague Europe/Warsaw Europe/Budapest Europe/Stockholm Europe/Oslo
Europe/Copenhagen Europe/Belgrade Africa/Johannesburg Africa/Cairo Europe/Athens Europe/Bucharest Europe/Sofia
Europe/Helsinki Europe/Kyiv Europe/Vilnius Asia/Jerusalem Asia/Beirut Europe/Istanbul Europe/Moscow
Africa/Nairobi Asia/Riyadh Asia/Baghdad Asia/Tehran Asia/Dubai Asia/Baku Asia/Tbilisi Asia/Kabul Asia/Karachi
Asia/Tashkent Asia/Kolkata Asia/Colombo Asia/Kathmandu Asia/Dhaka Asia/Almaty Asia/Yangon Asia/Bangkok
Asia/Ho_Chi_Minh Asia/Jakarta Asia/Shanghai Asia/Hong_Kong Asia/Taipei Asia/Manila Asia/Singapore
Asia/Kuala_Lumpur Australia/Perth Asia/Seoul Asia/Tokyo Australia/Darwin Australia/Brisbane Australia/Adelaide
Australia/Sydney Australia/Melbourne Pacific/Guam Pacific/Noumea Pacific/Auckland Pacific/Fiji
"""
COMMON_ZONES = tuple(_NAMES.split())


def is_zone(name: str) -> bool:
    """Returns whether a name is a time zone that this machine knows."""
    try:
        zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def offered_zones(first: Iterable[str]) -> list[str]:
    """Returns the zones of a menu: those that are likely here, then the common ones by name."""
    known = list(dict.fromkeys(name for name in first if name and is_zone(name)))[: MOST_OFFERED - len(COMMON_ZONES)]
    return [*known, *sorted(set(COMMON_ZONES) - set(known))]


def likely_zone(of_people: Iterable[str], *, otherwise: Iterable[str]) -> str:
    """Returns the zone that most people have, else the first known one of the others."""
    counts: dict[str, int] = {}
    for name in of_people:
        if name and is_zone(name):
            counts[name] = counts.get(name, 0) + 1
    if counts:
        return max(sorted(counts), key=lambda name: counts[name])
    return next((name for name in otherwise if name and is_zone(name)), "UTC")
