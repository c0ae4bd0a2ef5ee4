/* Partner ID and queue for the LinkedIn Insight Tag.
   Reads from its own element: data-id (partner ID). */
(function () {
  "use strict";
  var id = document.currentScript.dataset.id;
  var ids = (window._linkedin_data_partner_ids = window._linkedin_data_partner_ids || []);

  window._linkedin_partner_id = id;
  if (ids.indexOf(id) === -1) {
    ids.push(id);
  }
  if (!window.lintrk) {
    window.lintrk = function (name, details) {
      window.lintrk.q.push([name, details]);
    };
    window.lintrk.q = [];
  }
})();
