from pathlib import Path

from deploy.grafana import BOARDS, rendered

for board in BOARDS:
    (Path(__file__).parent / "dashboards" / f"{board.name}.json").write_text(rendered(board))
