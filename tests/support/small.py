"""A small notebook in any language, one cell of each kind, its outputs emitted by the course's own code."""

import base64
import json

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from ganlib.course import plots
from ganlib.course.execute import tidy
from ganlib.course.export import site
from ganlib.course.predict import Prediction

ENGLISH = {
    "title": "01 · A title",
    "lead": "Claim in one sentence.",
    "claim": "Nothing is\nsaid twice.",
    "time": "Time: reading 15 min, computing 60 s on a laptop.",
    "ready": "Ready on cpu",
    "idea": "The idea",
    "question": "Which one?",
    "options": ["left", "right", "neither"],
    "number": "How much?",
    "picture": "A square, all gray.",
    "why": "It was always so.",
    "header": ["kind", "share"],
    "names": ["zero", "one"],
    "shares": "Shares of two kinds.",
    "moving": "Two squares in turn.",
    "bar": "training",
    "loss": "loss 0.5",
    "changed": "What changed, what broke",
    "prose": "Nothing broke. Two things:",
    "thing": "a thing",
    "references": "References",
    "paper": "Goodfellow et al., 2014, arXiv:1406.2661",
    "deeper": "Deeper",
    "more": "Once more",
    "end": "The end.",
}
CHINESE = {
    "title": "01 · 标题",
    "lead": "一句话。",
    "claim": "没有什么\n说两遍。",
    "time": "时间:阅读 15 分钟,计算 60 s。",
    "ready": "就绪",
    "idea": "想法",
    "question": "哪一个?",
    "options": ["左", "右", "都不是"],
    "number": "多少?",
    "picture": "一个灰色的正方形,全部都是灰色的,没有别的。",
    "why": "一直都是这样。",
    "header": ["种类", "比例"],
    "names": ["零", "一"],
    "shares": "两种的比例。",
    "moving": "两个正方形轮流出现,一个接着一个,没有别的。",
    "bar": "训练",
    "loss": "损失 0.5",
    "changed": "改变了什么",
    "prose": "没有坏。两件事:",
    "thing": "一件事",
    "references": "参考文献",
    "paper": "古德费洛等,2014,arXiv:1406.2661",
    "deeper": "更深入",
    "more": "再来一次",
    "end": "结束。",
}


def shown(action):
    """What a cell shows that runs `action`, as a notebook stores it."""
    own = (
        not InteractiveShell.initialized()
    )  # what is displayed can be captured only where a shell publishes it
    InteractiveShell.instance()
    with capture_output() as captured:
        action()
    if own:
        InteractiveShell.clear_instance()
    found = [
        new_output(
            "display_data", {kind: encoded(data) for kind, data in o.data.items()}, metadata=o.metadata
        )
        for o in captured.outputs
    ]
    printed = [new_output("stream", name="stdout", text=captured.stdout)] if captured.stdout else []
    return [*found, *printed]


def encoded(data):
    """Bytes as a kernel sends them."""
    return base64.b64encode(data).decode() if isinstance(data, bytes) else data


def notebook(words=ENGLISH):
    """A header, set-up, predictions, picture, table, animation, progress, references, a deeper part."""
    gray = [Image.new("RGB", (40, 30), (level, level, level)) for level in (90, 160)]
    asked = {}

    def ask():
        asked["option"] = Prediction("small option", words["question"], words["options"])
        asked["number"] = Prediction("small number", words["number"])

    def reveal():
        plots.show(gray[0], words["picture"])
        asked["option"].reveal(words["options"][1], words["why"])

    def table():
        rows = [[words["names"][0], "0.25"], [words["names"][1], "0.75"]]
        plots.table(words["header"], rows, words["shares"])

    def train():
        for share in (38, 100):
            print(f"\r{words['bar']}: {share:3d}%|####| {share}/100", end="")
        print(f"\n{words['loss']}")

    def again():
        plots.show(gray[1], words["picture"])
        asked["number"].reveal(0.5, words["why"], tolerance=0.1)

    header = f"# {words['title']}\n\n**{words['lead']}** {words['claim']}\n\n{words['time']}"
    listed = f"## {words['changed']}\n\n{words['prose']}\n\n- {words['thing']}\n- {words['thing']}"
    collapsed = {"tags": ["deeper"], "jp-MarkdownHeadingCollapsed": True}
    cells = [
        new_markdown_cell(header),
        code(lambda: print(words["ready"])),
        new_markdown_cell(f"## {words['idea']}"),
        code(ask),
        code(reveal),
        code(table),
        code(train),
        code(lambda: plots.animation(gray, words["moving"])),
        new_markdown_cell(f"{listed}\n\n## {words['references']}\n\n- {words['paper']}\n- {words['paper']}"),
        new_markdown_cell(f"## {words['deeper']}", metadata=collapsed),
        new_markdown_cell(f"### {words['more']}"),
        code(again),
        new_markdown_cell(words["end"]),
    ]
    for number, cell in enumerate([cell for cell in cells if cell.cell_type == "code"], 1):
        cell.execution_count = number
        tidy(cell)
    return new_notebook(cells=cells, metadata={"ganlib": {"seconds": 60}})


def code(action):
    """A code cell with what it shows."""
    return new_code_cell("x = 1", outputs=shown(action))


def pages(root, words=ENGLISH):
    """A course of this one notebook below root, as pages -> (the notebook's path, the pages' folder)."""
    (root / "notebooks").mkdir()
    path = root / "notebooks" / "01_small.ipynb"
    path.write_text(json.dumps(notebook(words)), encoding="utf-8")
    site.write(root / "site", root, [path])
    return path, root / "site"
