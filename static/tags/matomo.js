/* Settings for Matomo. Reads from its own element: data-url (an origin),
   data-path (folder of the installation, may be empty), data-site,
   data-cookies ("on" or "off"). */
(function () {
  "use strict";
  var data = document.currentScript.dataset;
  var queue = (window._paq = window._paq || []);

  queue.push(["setTrackerUrl", data.url + (data.path || "") + "/matomo.php"]);
  queue.push(["setSiteId", data.site]);
  if (data.cookies === "off") {
    queue.push(["disableCookies"]);
    queue.push(["disableBrowserFeatureDetection"]);
  } else if (location.protocol === "https:") {
    queue.push(["setSecureCookie", true]);
  }
  queue.push(["trackPageView"]);
  queue.push(["enableLinkTracking"]);
})();
