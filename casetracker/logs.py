"""What may stand in a log."""

import logging
import traceback
from types import TracebackType

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class WithoutValues(logging.Formatter):
    """Tell where and with what kind of error code failed, not the error's words: a database's errors quote the row."""

    def formatException(self, ei: ExceptionInfo) -> str:
        error = ei[1]
        told = []
        while error is not None:
            told.append(f"{type(error).__module__}.{type(error).__qualname__}")
            told += [
                f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
            ]
            error = error.__cause__ or error.__context__
        return "\n".join(told)
