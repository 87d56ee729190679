"use strict";
(() => {
  const KEPT_MAX = 60;
  const button = document.getElementById("pause");
  let source;
  const put = (id) => (event) => {
    const list = document.getElementById(id);
    list.querySelectorAll(".empty").forEach((item) => item.remove());
    list.insertAdjacentHTML("afterbegin", event.data);
    list.firstElementChild.classList.add("new");
    while (list.children.length > KEPT_MAX) list.lastElementChild.remove();
  };
  const replace = (id) => (event) => {
    document.getElementById(id).innerHTML = event.data;
  };
  const open = () => {
    source = new EventSource("/events");
    source.addEventListener("message", put("messages"));
    source.addEventListener("hook", put("hooks"));
    source.addEventListener("change", put("changes"));
    source.addEventListener("figures", replace("figures"));
    source.addEventListener("clock", replace("clock"));
    source.addEventListener("missed", () => location.reload());
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const paused = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Go on" : "Pause the page";
    if (paused) source.close();
    else location.reload();
  });
  open();
})();
