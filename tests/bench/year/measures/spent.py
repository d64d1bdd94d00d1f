"""What a command uses: `python spent.py FILE COMMAND…` runs it and writes its processor time and most memory to the file.

It is small, because a process counts the memory of the one that started it as its own.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    code = subprocess.run(sys.argv[2:], check=False).returncode
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    Path(sys.argv[1]).write_text(json.dumps({"cpu": used.ru_utime + used.ru_stime, "memory": memory}))
    sys.exit(code)
