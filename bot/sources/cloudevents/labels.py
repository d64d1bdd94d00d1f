"""The labels of a native event, checked once per distinct set and cached: senders repeat themselves."""

from typing import NamedTuple

import msgspec

from bot.refusals import SourceError
from bot.sources.fields import name
from bot.sources.labels import Notes, label, tag_list
from bot.sources.word_cache import WordCache
from bot.usage import MAX_NAME_CHARACTERS, MAX_TAGS, Labels, Note

_packed = msgspec.msgpack.Encoder().encode
_TEAM_TAG = "team:"


class PackedLabels(NamedTuple):
    """The labels of an event, its names and tags as MessagePack, for the fingerprint, and what was left out of them."""

    labels: Labels
    names: msgspec.Raw
    tags: msgspec.Raw
    notes: tuple[Note, ...] = ()


class LabelCache(WordCache[PackedLabels]):
    """Maps an event's names and tags, as sent, to its checked labels."""

    _FIELDS = ("provider", "model", "tool", "workflow", "user", "credential", "team", "user_agent")

    def checked(self, words: tuple[str | None, ...]) -> PackedLabels:
        """Checks, packs and caches an event's words: the names in the order of `_FIELDS`, then the tags. Only the model
        has to fit.
        """
        notes = Notes()
        names, tags = self._plain(words) or self._fitted(words, notes)
        provider, model, tool, workflow, user, credential, team, user_agent = names
        if not model:
            raise SourceError("data.model is missing")
        tagged = next((tag.removeprefix(_TEAM_TAG).strip() for tag in tags if tag.startswith(_TEAM_TAG)), "")
        labels = Labels(
            provider=provider,
            model=model,
            tool=tool,
            workflow=workflow,
            user=user,
            credential=credential,
            declared_team=team or tagged,
            user_agent=user_agent,
            tags=tags,
        )
        packed_labels = PackedLabels(labels, msgspec.Raw(_packed(names)), msgspec.Raw(_packed(tags)), tuple(notes))
        self.keep(words, packed_labels)
        return packed_labels

    def _plain(self, words: tuple[str | None, ...]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Returns the names and tags of words that all fit, as most do; None if one may not."""
        count = len(self._FIELDS)
        together = "".join([word for word in words if word])
        if len(together) > MAX_NAME_CHARACTERS or not together.isascii() or "\x00" in together:
            return None
        if len(words) > count + MAX_TAGS or None in words[count:]:
            return None
        texts = [word.strip() if word else "" for word in words]
        return tuple(texts[:count]), tuple([text for text in texts[count:] if text])

    def _fitted(self, words: tuple[str | None, ...], notes: Notes) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Returns the names and tags, and notes what was cut or left out."""
        count = len(self._FIELDS)
        names = tuple(
            name("data.model", value) if field == "model" else label(f"data.{field}", value, notes)
            for field, value in zip(self._FIELDS, words[:count], strict=True)
        )
        return names, tuple(tag_list("data.tags", words[count:], notes))


label_cache = LabelCache()
