"""Sphinx makes the site of the folder that `pages.py` has prepared: `docs/build` calls both."""
import os
import re

project = "bayres"

release = version = re.search(r"project\(bayres VERSION (\S+)", open(os.environ["BAYRES_ROOT"] + "/CMakeLists.txt").read()).group(1)
html_title = f"bayres {release}"
language = "en"

extensions = ["myst_parser", "sphinx_copybutton", "breathe"]
exclude_patterns = []
myst_heading_anchors = 4
highlight_language = "text"
pygments_style = "friendly"
nitpicky = False
breathe_projects = {"bayres": os.environ["BAYRES_DOXYGEN"]}
breathe_default_project = "bayres"
breathe_default_members = ("members",)
# Types that are named without their namespace within it.
cpp_index_common_prefix = ["bayres::"]

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["bayres.css"]
html_show_sphinx = html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
