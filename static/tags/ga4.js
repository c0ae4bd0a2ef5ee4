/* Starts Google Analytics 4 with Consent Mode v2 (basic mode).
   Reads from its own element: data-id, data-functional, data-analytics,
   data-marketing ("granted" or "denied"; anything else counts as denied). */
(function () {
  "use strict";
  var data = document.currentScript.dataset;
  var marketing = data.marketing === "granted";

  function state(category) {
    return data[category] === "granted" ? "granted" : "denied";
  }

  window.dataLayer = window.dataLayer || [];
  // Google's script tells commands from data by the arguments object.
  window.gtag = window.gtag || function () {
    window.dataLayer.push(arguments);
  };
  var gtag = window.gtag;

  gtag("consent", "default", {
    ad_storage: "denied",
    ad_user_data: "denied",
    ad_personalization: "denied",
    analytics_storage: "denied",
    functionality_storage: "denied",
    personalization_storage: "denied",
    security_storage: "granted",
    wait_for_update: 500
  });
  gtag("consent", "update", {
    ad_storage: state("marketing"),
    ad_user_data: state("marketing"),
    ad_personalization: state("marketing"),
    analytics_storage: state("analytics"),
    functionality_storage: state("functional"),
    personalization_storage: state("functional")
  });
  if (!marketing) {
    gtag("set", "ads_data_redaction", true);
  }
  gtag("js", new Date());
  gtag("config", data.id, {
    allow_google_signals: marketing,
    allow_ad_personalization_signals: marketing
  });
})();
