"""What a process remembers stays bounded, and makes room a part at a time."""

from storage.queries.memory import UsageMemory, remember


def test_the_first_remembered_make_room_and_the_others_stay() -> None:
    most = UsageMemory.LIMIT
    memory = {number: number for number in range(most)}

    remember(memory, {most: most})
    assert len(memory) == most * 3 // 4
    assert memory.keys() == set(range(most + 1 - most * 3 // 4, most + 1))

    remember(memory, {-1: -1})
    assert len(memory) == most * 3 // 4 + 1
