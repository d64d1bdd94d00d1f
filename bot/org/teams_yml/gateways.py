"""The section `gateways:` of teams.yml: which gateways' caps follow the books, and whose."""

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from bot.org.gateways import DEFAULT_TARGETS, HOSTED, TARGET_KINDS, CapMode, GatewayKind
from bot.org.teams_yml.budgets import STRICT
from bot.org.teams_yml.fields import PersonRef, Slug

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{1,99}")
_TARGET_WORDS = (
    f"write the gateway's id as text, or its kind and id like {{user: u-1}}; kinds: {', '.join(TARGET_KINDS)}"
)


def _variable(value: str) -> str:
    """Reads the name of an environment variable. A fault never repeats the value: it may be the key itself."""
    if value and not _VARIABLE.fullmatch(value):
        raise ValueError("name an environment variable, such as LITELLM_EU_KEY; never write the key itself here")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write the gateway's address, like http://litellm.internal:4000")
    if parts.username or parts.password:
        raise ValueError("leave the user and password out; name the key by key_env or key_file")
    if parts.query or parts.fragment:
        raise ValueError("leave out what follows ? or #")
    return value.rstrip("/")


def _target(value: Any) -> dict[str, str]:
    """Reads a target: a plain id, whose kind the gateway's decides, or {kind: id}, of a member with `of`."""
    if isinstance(value, str) and value.strip():
        return {"kind": "", "ref": value.strip(), "member_of": ""}
    if isinstance(value, dict) and value:
        kinds = [key for key in value if key in TARGET_KINDS]
        if len(kinds) == 1 and not set(value) - {kinds[0], "of"} and isinstance(value[kinds[0]], str):
            return {"kind": kinds[0], "ref": value[kinds[0]].strip(), "member_of": str(value.get("of") or "").strip()}
        if set(value) == {"kind", "ref", "member_of"}:  # as stored
            return {key: str(value[key]) for key in value}
    raise ValueError(_TARGET_WORDS)


Target = Annotated[dict[str, str], BeforeValidator(_target)]
Ref = Annotated[str, Field(min_length=1, max_length=200)]


class GatewayFile(BaseModel):
    """A gateway: its kind, address, the place of its key, and the gateway's teams of each of ours."""

    model_config = STRICT

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    kind: GatewayKind
    url: Annotated[str, AfterValidator(_address)]
    key_env: Annotated[str, AfterValidator(_variable)] = ""
    key_file: Annotated[str, Field(max_length=500)] = ""
    mode: CapMode = "write"
    teams: dict[Slug, list[Target]] = {}
    people: dict[PersonRef, Ref] = {}
    keys: dict[Ref, Ref] = {}
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, given: Any) -> Any:
        """Puts in the address of a hosted gateway, and lets one target stand without a list."""
        if not isinstance(given, dict):
            return given
        filled = dict(given)
        if "url" not in filled and filled.get("kind") in HOSTED:
            filled["url"] = HOSTED[filled["kind"]]
        if isinstance(filled.get("teams"), dict):
            filled["teams"] = {
                slug: targets if isinstance(targets, list) else [targets] for slug, targets in filled["teams"].items()
            }
        return filled

    @model_validator(mode="after")
    def _name_kinds(self) -> "GatewayFile":
        for targets in self.teams.values():
            for target in targets:
                target["kind"] = target["kind"] or DEFAULT_TARGETS[self.kind]
        return self

    def faults(self, slugs: set[str]) -> list[tuple[str, str]]:
        """Returns (field, fault) of this gateway, given the file's teams."""
        found = []
        if bool(self.key_env) == bool(self.key_file):
            words = "name one of them, not both" if self.key_env else "name where its key is: a variable or a file"
            found.append(("key_env", f"{words} (key_env: LITELLM_EU_KEY, or key_file: /run/secrets/litellm)"))
        owners: dict[tuple[str, str, str], str] = {}
        for slug, targets in self.teams.items():
            if slug not in slugs:
                found.append((f"teams.{slug}", f"there is no team {slug}; declare it below `teams:`"))
            if not targets:
                found.append((f"teams.{slug}", "names no team of the gateway; add one, or remove the line"))
            for target in targets:
                key = (target["kind"], target["ref"], target["member_of"])
                named = f"{target['kind']} {target['ref']}"
                if target["kind"] == "member" and not target["member_of"]:
                    found.append((f"teams.{slug}", f"{named} needs `of`, the gateway's team of this member"))
                if key in owners:
                    words = "twice" if owners[key] == slug else f"below {owners[key]} too"
                    found.append((f"teams.{slug}", f"{named} is there {words}; a cap follows one team's budget"))
                owners.setdefault(key, slug)
        return found
