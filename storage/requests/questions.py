"""Stored questions about budget requests, and their answers. Both texts can be erased."""

from sqlalchemy import insert, select, update

from bot.requests.questions import Question
from storage.tables.requests import request_questions
from storage.transaction import OpenTransaction


class Questions:
    """The questions of one transaction. A change locks the request first."""

    def __init__(self, transaction: OpenTransaction) -> None:
        self._connection = transaction.connection

    async def add(self, *, request_id: int, asked_by: int, question: str, at: int) -> Question:
        """Stores a new question and returns it with its id."""
        values = {"request_id": request_id, "asked_by": asked_by, "question": question, "asked_at": at}
        made = insert(request_questions).values(**values).returning(request_questions)
        return _question((await self._connection.execute(made)).one())

    async def by_id(self, question_id: int) -> Question | None:
        query = select(request_questions).where(request_questions.c.id == question_id)
        row = (await self._connection.execute(query)).one_or_none()
        return _question(row) if row else None

    async def answer(self, question: Question, *, answer: str, by: int, at: int) -> Question:
        """Stores the answer to a question, and returns the question with it."""
        changed = update(request_questions).where(request_questions.c.id == question.id)
        values = {"answer": answer, "answered_by": by, "answered_at": at}
        made = changed.values(**values).returning(request_questions)
        return _question((await self._connection.execute(made)).one())

    async def newest(self, request_id: int, *, limit: int) -> list[Question]:
        """Returns the newest questions about a request, oldest first."""
        query = select(request_questions).where(request_questions.c.request_id == request_id)
        rows = await self._connection.execute(query.order_by(request_questions.c.id.desc()).limit(limit))
        return [_question(row) for row in rows][::-1]

    async def unanswered(self, request_id: int) -> list[Question]:
        """Returns the questions about a request that wait for an answer."""
        waits = request_questions.c.answered_at.is_(None)
        query = select(request_questions).where(request_questions.c.request_id == request_id, waits)
        return [_question(row) for row in await self._connection.execute(query.order_by(request_questions.c.id))]


def _question(row: object) -> Question:
    return Question(**row._mapping)  # type: ignore[attr-defined]  # a SQLAlchemy Row
