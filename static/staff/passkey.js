// Passkeys need the browser's help; everything else in the console works without any script.
// The form that carries data-passkey holds the server's options; the answer goes into its hidden field.
(function () {
  "use strict";
  var form = document.querySelector("form[data-passkey]");
  if (!form) return;

  function bytes(text) {
    var plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, function (c) { return c.charCodeAt(0); });
  }
  function text(buffer) {
    var plain = String.fromCharCode.apply(null, new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function withBytes(list) {
    return (list || []).map(function (one) { return Object.assign({}, one, { id: bytes(one.id) }); });
  }
  function say(error) {
    var place = form.querySelector("[data-problem]");
    place.hidden = false;
    place.querySelector("[data-detail]").textContent = error && error.name ? error.name : "";
    place.focus();
  }
  function send(answer) {
    form.elements.credential.value = JSON.stringify(answer);
    form.submit();
  }
  function create(options) {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = withBytes(options.excludeCredentials);
    return navigator.credentials.create({ publicKey: options }).then(function (made) {
      send({
        id: made.id, rawId: text(made.rawId), type: made.type,
        response: {
          attestationObject: text(made.response.attestationObject),
          clientDataJSON: text(made.response.clientDataJSON),
          transports: made.response.getTransports ? made.response.getTransports() : null,
        },
        extensions: JSON.stringify(made.getClientExtensionResults()),
      });
    });
  }
  function get(options) {
    options.challenge = bytes(options.challenge);
    options.allowCredentials = withBytes(options.allowCredentials);
    return navigator.credentials.get({ publicKey: options }).then(function (found) {
      send({
        id: found.id, rawId: text(found.rawId), type: found.type,
        response: {
          authenticatorData: text(found.response.authenticatorData),
          clientDataJSON: text(found.response.clientDataJSON),
          signature: text(found.response.signature),
          userHandle: text(found.response.userHandle),
        },
        assertionClientExtensions: JSON.stringify(found.getClientExtensionResults()),
      });
    });
  }
  function begin() {
    var options = JSON.parse(form.dataset.options);
    (form.dataset.passkey === "create" ? create : get)(options).catch(say);
  }
  var again = form.querySelector("[data-again]");
  if (again) again.addEventListener("click", function (event) { event.preventDefault(); begin(); });
  begin();
})();
