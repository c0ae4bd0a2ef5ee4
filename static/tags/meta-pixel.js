/* Queue and first calls for the Meta Pixel. Reads from its own element:
   data-id (pixel ID), data-auto ("on" lets Meta gather page details and
   button clicks by itself; anything else keeps that off). */
(function () {
  "use strict";
  var data = document.currentScript.dataset;

  if (!window.fbq) {
    var fbq = function () {
      if (fbq.callMethod) {
        fbq.callMethod.apply(fbq, arguments);
      } else {
        fbq.queue.push(arguments);
      }
    };
    fbq.push = fbq;
    fbq.loaded = true;
    fbq.version = "2.0";
    fbq.queue = [];
    window.fbq = fbq;
    window._fbq = window._fbq || fbq;
  }
  if (data.auto !== "on") {
    window.fbq("set", "autoConfig", false, data.id);
  }
  window.fbq("init", data.id);
  window.fbq("track", "PageView");
})();
