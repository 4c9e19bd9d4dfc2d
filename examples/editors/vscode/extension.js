// Starts gatefold lsp, which does everything.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = function () {
  const command = vscode.workspace.getConfiguration("gatefold").get("path") || "gatefold";
  client = new LanguageClient(
    "gatefold",
    "gatefold",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "starlark" }] },
  );
  return client.start();
};

exports.deactivate = function () {
  return client ? client.stop() : undefined;
};
