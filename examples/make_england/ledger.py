"""Every row that a source has is accounted for.

In:   counts, as the readers tell them
Out:  a report in lines; and a refusal where rows read are neither used nor left out for a reason
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


class RowsUnaccounted(Exception):  # noqa: N818 - it says what happened
    """Rows were read that were neither used nor left out for a stated reason. Our own fault."""


@dataclass
class Account:
    """What became of the rows of one source file or sheet."""

    source: str
    read: int = 0
    used: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def leave_out(self, reason: str, count: int = 1) -> None:
        if count:
            self.left_out[reason] += count

    def close(self) -> None:
        """Check that nothing was lost. Raises RowsUnaccounted."""
        accounted = self.used + sum(self.left_out.values())
        if accounted != self.read:
            raise RowsUnaccounted(
                f"{self.source}: {self.read} rows read, {accounted} accounted for "
                f"({self.used} used, {dict(self.left_out)})."
            )


@dataclass
class Ledger:
    accounts: list[Account] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)

    def open(self, source: str, read: int) -> Account:
        account = Account(source, read)
        self.accounts.append(account)
        return account

    def wrote(self, resource: str, rows: int) -> None:
        self.written[resource] = rows

    def lines(self) -> list[str]:
        """Say what was read, used, left out and written. Raises RowsUnaccounted if rows were lost."""
        out = ["Read:"]
        for account in self.accounts:
            account.close()
            out.append(f"  {account.source}: {account.read:,} rows read, {account.used:,} used")
            out.extend(
                f"      {count:,} left out: {reason}" for reason, count in sorted(account.left_out.items())
            )
        out.append("Written:")
        out.extend(f"  {resource}: {rows:,} rows" for resource, rows in self.written.items())
        return out
