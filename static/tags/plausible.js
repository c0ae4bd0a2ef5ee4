/* Queue for Plausible, so that calls made before its script has loaded are
   kept. init() starts the site-specific script ("pa-....js"); the classic
   script takes its settings from its own element and needs no start. */
(function () {
  "use strict";
  var plausible = (window.plausible = window.plausible || function () {
    (plausible.q = plausible.q || []).push(arguments);
  });
  plausible.init = plausible.init || function (options) {
    plausible.o = options || {};
  };
  plausible.init();
})();
