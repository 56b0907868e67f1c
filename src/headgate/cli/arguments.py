"""What commands take as arguments."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

Device = Literal["auto", "cpu", "cuda"]

# The hyphen: "-" is standard input, or output, and no option.
Input: TypeAlias = Annotated[str, Parameter(allow_leading_hyphen=True)]
Output: TypeAlias = Annotated[Path, Parameter(allow_leading_hyphen=True)]
