/* Queue for Microsoft Clarity and the visitor's choice (consent API v2).
   Reads from its own element: data-marketing ("granted" or anything else =
   denied) and data-analytics. This file is sent only when Clarity is granted
   for statistics, so a missing data-analytics counts as granted. */
(function () {
  "use strict";
  var data = document.currentScript.dataset;
  var analytics = data.analytics === undefined || data.analytics === "granted";

  window.clarity = window.clarity || function () {
    (window.clarity.q = window.clarity.q || []).push(arguments);
  };
  window.clarity("consentv2", {
    ad_Storage: data.marketing === "granted" ? "granted" : "denied",
    analytics_Storage: analytics ? "granted" : "denied"
  });
})();
