"""The report in a real browser: nothing loaded from elsewhere, no sideways scrolling, readable."""

from __future__ import annotations

import os
import shutil

import pytest

from outcomes.cli import main

pytestmark = pytest.mark.slow

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        reason = "Chromium is not installed: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("browser")
    assert main(["report", str(root / "data" / "example"), "--out", str(out)]) == 0
    (path,) = out.glob("comparison/*/report.html")
    return path


@pytest.fixture
def opened(browser, report, request):
    """(page, what it asked for, what it complained of) at the size of the test's parameter."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda asked_for: asked.append(asked_for.url))
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(report.as_uri())
    yield page, asked, complaints
    context.close()


SIZES = [(1280, "light"), (1280, "dark"), (390, "light"), (320, "light")]


@pytest.mark.parametrize("opened", SIZES, indirect=True, ids=lambda s: f"{s[0]} {s[1]}")
def test_it_stands_alone_and_fits(opened):
    page, asked, complaints = opened
    outside = [url for url in asked if not url.startswith(("file:", "data:"))]
    assert outside == []
    assert complaints == [], "a policy or a script complained"
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits)
    sizes = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.alt.length])")
    assert len(sizes) >= 6
    assert all(width > 0 and words > 40 for width, words in sizes)


@pytest.mark.parametrize("opened", [(1280, "light")], indirect=True)
def test_the_pages_come_in_order(opened):
    page, *_ = opened
    titles = page.locator("h2").all_inner_texts()
    assert titles == [
        "What this report can and cannot say",
        "What is asked",
        "Who is in it",
        "Who is in each arm at the start",
        "Change within each arm",
        "How the answer changes with the method",
        "Couples",
        "Beside published results",
        "The fair comparison",
        "What if people who left did worse",
        "What would overturn the answer",
        "Who benefits",
        "What is missing",
        "Methods and sources",
        "Appendix: TARGET checklist",
        "How it was made",
    ]
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("opened", [(1280, "light")], indirect=True)
def test_tables_are_read_by_a_screen_reader(opened):
    page, *_ = opened
    assert page.locator("table").count() >= 8
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("tbody tr:not(:has(th[scope=row]))").count() == 0


CONTRAST = """
() => {
  const light = ([r, g, b]) => {
    const f = c => { c /= 255; return c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4; };
    return .2126 * f(r) + .7152 * f(g) + .0722 * f(b);
  };
  const rgb = s => (s.match(/[\\d.]+/g) || []).map(Number);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  let worst = 21;
  for (const e of document.querySelectorAll('p, li, th, td, h1, h2, h3, figcaption, caption, a')) {
    if (!e.innerText.trim()) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))];
    worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
  }
  return worst;
}
"""
AA = 4.5  # WCAG 2.2, contrast (minimum) for text


@pytest.mark.parametrize("opened", SIZES[:2], indirect=True, ids=lambda s: s[1])
def test_text_has_contrast(opened):
    page, *_ = opened
    assert page.evaluate(CONTRAST) >= AA


@pytest.fixture(scope="module")
def quality(root, tmp_path_factory):
    out = tmp_path_factory.mktemp("quality")
    source = str(root / "data" / "example")
    assert main(["report", source, "--notebook", "data_quality", "--out", str(out)]) == 0
    (path,) = out.glob("data_quality/*/report.html")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 768])
def test_tables_of_data_quality_fit_or_scroll_in_their_box(browser, quality, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(quality.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    over = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => [e.parentElement.id, getComputedStyle(e).overflowX, e.tabIndex])"
    )
    assert all(style == "auto" and tab == 0 for _, style, tab in over)
    assert "t-read" not in [name for name, *_ in over]  # its last column says what waits
    context.close()
