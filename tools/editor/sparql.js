// The editor of the SPARQL page: colours, line numbers and history over the form's own text area, which stays the
// field that is sent. It lives in a shadow root: there its styles need no exception from the site's policy.
//
// Tab goes on to the next field, as in any form. Escape does too. Ctrl or Cmd with Enter runs the query.

import {defaultKeymap, history, historyKeymap} from "@codemirror/commands";
import {bracketMatching, HighlightStyle, syntaxHighlighting} from "@codemirror/language";
import {EditorState} from "@codemirror/state";
import {Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers} from "@codemirror/view";
import {tags} from "@lezer/highlight";
import {sparql} from "codemirror-lang-sparql";

// The site's own colours, light and dark: custom properties reach into a shadow root.
const colours = HighlightStyle.define([
  {tag: tags.keyword, color: "var(--brand)", fontWeight: "700"},
  {tag: [tags.string, tags.integer, tags.float, tags.bool], color: "var(--similar)"},
  {tag: [tags.url, tags.namespace, tags.typeName], color: "var(--link)"},
  {tag: [tags.comment, tags.annotation], color: "var(--muted)", fontStyle: "italic"},
]);

const look = EditorView.theme({
  "&": {color: "var(--text)", backgroundColor: "var(--field)", border: "2px solid var(--text)", fontSize: ".9rem"},
  "&.cm-focused": {outline: "3px solid var(--text)", boxShadow: "0 0 0 6px #fd0"},
  ".cm-scroller": {fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', lineHeight: "1.45", minHeight: "18rem"},
  ".cm-content": {caretColor: "var(--text)", padding: ".4rem 0"},
  ".cm-cursor": {borderLeftColor: "var(--text)", borderLeftWidth: "2px"},
  ".cm-gutters": {color: "var(--muted)", backgroundColor: "var(--panel)", border: "0"},
  ".cm-activeLine, .cm-activeLineGutter": {backgroundColor: "transparent"},
  "&.cm-focused .cm-activeLine": {backgroundColor: "var(--panel)"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--half)",
  },
  "&.cm-focused .cm-matchingBracket": {backgroundColor: "transparent", outline: "1px solid var(--rule)"},
  ".cm-fault": {borderLeft: "4px solid var(--similar)", backgroundColor: "var(--panel)"},
});

// Mark the line on which the query cannot be read, until something is changed.
function markFault(state, line) {
  if (!line || line > state.doc.lines) return [];
  const marks = Decoration.set([Decoration.line({class: "cm-fault"}).range(state.doc.line(line).from)]);
  return EditorView.decorations.of((view) => (view.state.doc.eq(state.doc) ? marks : Decoration.none));
}

// Typing over a selection: Chromium would write the style of what was there into the text, which the policy forbids.
const typeOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || !event.data || view.composing || view.state.selection.main.empty) return false;
    view.dispatch(view.state.replaceSelection(event.data), {userEvent: "input.type", scrollIntoView: true});
    event.preventDefault();
    return true;
  },
});

function begin(area) {
  const form = area.form;
  const label = area.labels[0];
  const host = document.createElement("div");
  const root = host.attachShadow({mode: "open"});
  const leave = () => {
    const fields = [...form.elements];
    fields.slice(fields.indexOf(area) + 1).find((field) => !field.disabled && !field.hidden).focus();
    return true;
  };
  const send = () => {
    form.requestSubmit();
    return true;
  };
  const attributes = {"aria-label": `${label.textContent}. Escape leaves the editor.`, spellcheck: "false"};
  if (area.getAttribute("aria-invalid")) attributes["aria-invalid"] = "true";
  const doc = area.value;
  const line = Number(area.dataset.line);
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        bracketMatching(),
        highlightActiveLine(),
        EditorView.lineWrapping,
        sparql(),
        syntaxHighlighting(colours),
        look,
        typeOver,
        keymap.of([{key: "Mod-Enter", run: send}, {key: "Escape", run: leave}, ...defaultKeymap, ...historyKeymap]),
        EditorView.contentAttributes.of(attributes),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
        }),
        markFault(EditorState.create({doc}), line),
      ],
    }),
  });
  area.after(host);
  area.hidden = true;
  label.addEventListener("click", () => view.focus());
  // A page that the browser kept, or one that it filled in again, has the text in the area.
  addEventListener("pageshow", () => {
    if (area.value !== view.state.doc.toString()) {
      view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: area.value}});
    }
  });
}

for (const area of document.querySelectorAll("textarea[data-language=sparql]")) begin(area);
