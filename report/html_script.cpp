// The one script of the page. Everything can be read without it; it filters the files, folds and unfolds them, and
// opens a file that a link points at. It reads only what the page shows, builds no markup, and sends nothing anywhere.
#include "report/html_parts.h"

namespace touchstone {

namespace {

constexpr std::string_view script = R"js(
"use strict";
(function () {
  // A file that a link names is unfolded, in browsers that do not do so themselves.
  function openTarget() {
    var id = decodeURIComponent(location.hash.slice(1));
    var at = id ? document.getElementById(id) : null;
    if (!at) return;
    for (var node = at; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    at.scrollIntoView();
  }
  addEventListener("hashchange", openTarget);
  openTarget();

  // On paper nothing can be unfolded: what matters most is printed whole.
  addEventListener("beforeprint", function () {
    document.querySelectorAll(".file.security, .file.unexplained, .fold").forEach(function (item) {
      item.open = true;
    });
  });

  document.querySelectorAll("form.filter").forEach(function (form) {
    var section = document.getElementById(form.dataset.for);
    if (!section) return;
    var search = form.querySelector("input[type=search]");
    var picks = Array.from(form.querySelectorAll("input[type=checkbox]"));
    var output = form.querySelector("output");
    var timer = 0;
    form.hidden = false;

    function apply() {
      var wanted = search.value.trim().toLowerCase();
      var on = new Set(picks.filter(function (pick) { return pick.checked; }).map(function (pick) { return pick.value; }));
      var shown = 0;
      section.querySelectorAll(".group").forEach(function (group) {
        group.hidden = !on.has(group.dataset.standing);
        if (group.hidden) return;
        group.querySelectorAll(".file").forEach(function (file) {
          file.hidden = wanted !== "" && file.firstElementChild.textContent.toLowerCase().indexOf(wanted) < 0;
          if (!file.hidden) shown += 1;
        });
        group.querySelectorAll(".crowd").forEach(function (crowd) {
          var name = crowd.firstElementChild.firstElementChild.textContent.toLowerCase();
          var any = false;
          crowd.querySelectorAll("li").forEach(function (line) {
            line.hidden = wanted !== "" && (name + line.textContent.slice(2).toLowerCase()).indexOf(wanted) < 0;
            if (line.hidden) return;
            any = true;
            shown += 1;
          });
          crowd.hidden = !any;
        });
      });
      output.textContent = wanted === "" && on.size === picks.length ? "" : shown + " shown";
    }

    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(apply, 120);
    });
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("click", function (event) {
      if (event.target.tagName !== "BUTTON") return;
      var open = event.target.value === "open";
      section.querySelectorAll(".file, .crowd").forEach(function (item) {
        if (!item.hidden) item.open = open;
      });
    });
  });
})();
)js";

} // namespace

std::string_view html_script() {
    return script;
}

} // namespace touchstone
