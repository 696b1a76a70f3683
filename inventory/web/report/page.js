(function () {
  "use strict";
  var rows = Array.prototype.slice.call(document.querySelectorAll(".ep"));
  var box = document.getElementById("filter"), query = document.getElementById("query");
  var chips = document.getElementById("chips"), shown = document.getElementById("shown");
  if (!box || rows.length < 2) return;
  var counts = {}, on = {};
  rows.forEach(function (r) { var s = r.dataset.status; counts[s] = (counts[s] || 0) + 1; });
  ["shadow", "zombie", "undocumented", "documented", "orphan", "unknown"].forEach(function (s) {
    if (!counts[s]) return;
    var b = document.createElement("button");
    b.type = "button";
    b.textContent = s + " " + counts[s];
    b.setAttribute("aria-pressed", "false");
    b.addEventListener("click", function () {
      on[s] = !on[s];
      b.setAttribute("aria-pressed", String(on[s]));
      apply();
    });
    chips.appendChild(b);
  });
  function apply() {
    var words = query.value.toLowerCase().split(/\s+/).filter(Boolean), n = 0;
    var some = Object.keys(on).some(function (s) { return on[s]; });
    rows.forEach(function (r) {
      var hit = (!some || on[r.dataset.status]) && words.every(function (w) { return r.dataset.text.indexOf(w) >= 0; });
      r.hidden = !hit;
      // Of the operations those stay that have a word, or all where none has: the endpoint was meant.
      var ops = Array.prototype.slice.call(r.querySelectorAll(".op"));
      var named = ops.filter(function (o) { return words.some(function (w) { return o.dataset.text.indexOf(w) >= 0; }); });
      ops.forEach(function (o) { o.hidden = named.length > 0 && named.indexOf(o) < 0; });
      if (hit) n++;
    });
    document.querySelectorAll(".group").forEach(function (g) { g.hidden = !g.querySelector(".ep:not([hidden])"); });
    shown.textContent = n === rows.length ? "" : n + " of " + rows.length;
  }
  query.addEventListener("input", apply);
  // Where somebody follows a link to one service, what hides it gives way.
  window.addEventListener("hashchange", function () {
    var g = document.getElementById(location.hash.slice(1));
    if (g && g.hidden) { query.value = ""; chips.querySelectorAll("[aria-pressed=true]").forEach(function (b) { b.click(); }); apply(); }
  });
  box.hidden = false;
})();
