(function () {
  "use strict";
  var to = document.currentScript.dataset.to;
  function send() {
    var body = new URLSearchParams({ path: location.pathname });
    if (!navigator.sendBeacon || !navigator.sendBeacon(to, body)) {
      fetch(to, { method: "POST", body: body, keepalive: true }).catch(function () {});
    }
  }
  if (document.prerendering) {
    document.addEventListener("prerenderingchange", send, { once: true });
  } else {
    send();
  }
})();
