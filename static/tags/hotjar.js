/* Queue and settings for Hotjar. Reads from its own element: data-id
   (site ID), data-version (version of the tracking code). */
(function () {
  "use strict";
  var data = document.currentScript.dataset;

  window.hj = window.hj || function () {
    (window.hj.q = window.hj.q || []).push(arguments);
  };
  window._hjSettings = { hjid: Number(data.id), hjsv: Number(data.version) };
})();
