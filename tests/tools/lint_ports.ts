/**
 * The house's own lint rules. `no-ambient-io`: code that must run in the seeded world takes time,
 * randomness, sockets and files from its ports. `brand-casts-only`: `as` is for brands and for what has
 * been sealed on purpose. `short-functions`, `short-files`: what does not fit gets split by meaning. `plain-fields`: where each
 * packet goes through, fields are declared as fields.
 */

/** Globals that reach around the ports. */
const AMBIENT: ReadonlySet<string> = new Set([
  "Deno",
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "clearTimeout",
  "clearInterval",
  "queueMicrotask",
  "console",
  "fetch",
  "crypto",
  "globalThis",
  "WebSocket",
  "Worker",
  "BroadcastChannel",
  "localStorage",
]);
/** Members of pure globals that are not pure. */
const AMBIENT_MEMBERS: ReadonlyMap<string, string> = new Map([
  ["Math", "random"],
  ["AbortSignal", "timeout"],
]);
/** Longest function, in lines. */
export const FUNCTION_MAX_LINES = 60;
/** Longest file, in lines of code: a docstring is no reason to split. */
export const FILE_MAX_LINES = 400;
/** Tests, and what the tests of one folder share. */
const TEST_FILE = /(_test|(^|\/)testing|(^|\/|_)(rig|fakes|arbitrary))\.ts$|\/testing\//;

/** Path from the repository's root, with forward slashes. */
function placeOf(filename: string): string {
  const slashed = filename.replaceAll("\\", "/");
  return /(?:^|\/)((?:core|plugins|tests|bench|cli|docs)\/.*)$/.exec(slashed)?.[1] ?? slashed;
}

/** Whether a file must live from its ports alone. */
function isPure(filename: string): boolean {
  const place = placeOf(filename);
  if (TEST_FILE.test(place) || place.startsWith("core/host/")) return false;
  return place.startsWith("core/") || place.startsWith("plugins/");
}

/** Whether a file is code of the product, not of its tests and benches. */
function isProduct(filename: string): boolean {
  const place = placeOf(filename);
  return !TEST_FILE.test(place) && !/^(tests|bench|docs)\//.test(place);
}

/** Names that a scope declares itself hide the globals of the same name. */
function declaredNames(program: Deno.lint.Program): Set<string> {
  const names = new Set<string>();
  for (const statement of program.body) {
    if (statement.type !== "ImportDeclaration") continue;
    for (const specifier of statement.specifiers) names.add(specifier.local.name);
  }
  return names;
}

/** Whether an identifier is a value that is read, and not a property's name, a key or a type. */
function isRead(node: Deno.lint.Identifier): boolean {
  const { parent } = node;
  switch (parent.type) {
    case "MemberExpression":
      return parent.object === node || parent.computed;
    case "Property":
      return parent.value === node || parent.computed;
    case "PropertyDefinition":
    case "MethodDefinition":
      return parent.computed || ("value" in parent && parent.value === node);
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "TSQualifiedName":
    case "TSTypeReference":
    case "TSTypeQuery":
    case "TSPropertySignature":
    case "TSMethodSignature":
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSEnumMember":
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "TSInterfaceHeritage":
      return false;
    default:
      return true;
  }
}

type AnyFunction =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

function linesOf(context: Deno.lint.RuleContext, range: Deno.lint.Range): number {
  return context.sourceCode.text.slice(range[0], range[1]).split("\n").length;
}

const noAmbientIo: Deno.lint.Rule = {
  create(context) {
    if (!isPure(context.filename)) return {};
    let declared = new Set<string>();
    return {
      Program: (program) => void (declared = declaredNames(program)),
      Identifier(node) {
        if (!AMBIENT.has(node.name) || declared.has(node.name) || !isRead(node)) return;
        context.report({
          node,
          message: `"${node.name}" reaches around the ports`,
          hint: "Take it from ctx: clock, rng, net, files, spawn, log, metrics.",
        });
      },
      MemberExpression(node) {
        const { object, property } = node;
        if (object.type !== "Identifier") return;
        const name = property.type === "Identifier" && !node.computed
          ? property.name
          : property.type === "Literal"
          ? property.value
          : undefined;
        if (name === undefined || AMBIENT_MEMBERS.get(object.name) !== name) return;
        context.report({
          node,
          message: `"${object.name}.${name}" reaches around the ports`,
          hint: "Take it from ctx: clock, rng.",
        });
      },
    };
  },
};

const noImpureImports: Deno.lint.Rule = {
  create(context) {
    if (!isPure(context.filename)) return {};
    return {
      ImportDeclaration(node) {
        const from = node.source.value;
        if (!from.startsWith("node:") || from === "node:crypto") return;
        context.report({
          node,
          message: `"${from}" reaches around the ports`,
          hint: "Only pure functions of node:crypto may be imported here.",
        });
      },
      "ImportDeclaration[source.value='node:crypto'] > ImportSpecifier"(
        node: Deno.lint.ImportSpecifier,
      ) {
        const name = node.imported.type === "Identifier" ? node.imported.name : "";
        if (PURE_CRYPTO.test(name)) return;
        context.report({
          node,
          message: `"${name}" of node:crypto is not one of its pure functions`,
        });
      },
    };
  },
};

const PURE_CRYPTO = /^(hash|create(Hash|Hmac|Cipheriv|Decipheriv)|timingSafeEqual|hkdfSync)$/;

const brandCastsOnly: Deno.lint.Rule = {
  create(context) {
    if (!isPure(context.filename)) return {};
    return {
      TSAsExpression(node) {
        const inner = node.expression;
        if (inner.type !== "TSAsExpression" || node.typeAnnotation.type === "TSUnknownKeyword") {
          return;
        }
        if (hasReason(context, node)) return;
        context.report({
          node,
          message: "A cast through another type says nothing about the value",
          hint: "Narrow it, parse it, or say in a comment just above why it must hold.",
        });
      },
    };
  },
};

/** Whether a comment stands directly above the statement that holds a node, or on its line. */
function hasReason(context: Deno.lint.RuleContext, node: Deno.lint.TSAsExpression): boolean {
  const before = context.sourceCode.text.slice(0, node.range[0]).split("\n");
  return before.slice(-3).some((line) => /^\s*(\/\/|\*|\/\*)|\/\/ /.test(line));
}

const shortFunctions: Deno.lint.Rule = {
  create(context) {
    if (!isProduct(context.filename)) return {};
    const check = (node: AnyFunction): void => {
      const lines = linesOf(context, node.range);
      if (lines <= FUNCTION_MAX_LINES) return;
      // A create() that only returns an object of short methods reads as a class does.
      if (isFactory(context, node)) return;
      context.report({
        node,
        message: `A function of ${lines} lines is longer than ${FUNCTION_MAX_LINES}`,
        hint: "Split it by meaning.",
      });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

/** Whether a function mostly consists of other functions: its own lines are within the limit. */
function isFactory(context: Deno.lint.RuleContext, node: AnyFunction): boolean {
  if (node.body === null || node.body.type !== "BlockStatement") return false;
  let nested = 0;
  for (const statement of node.body.body) {
    if (statement.type === "FunctionDeclaration") nested += linesOf(context, statement.range);
    if (statement.type === "ReturnStatement" && statement.argument?.type === "ObjectExpression") {
      for (const property of statement.argument.properties) {
        nested += linesOf(context, property.range);
      }
    }
    if (statement.type !== "VariableDeclaration") continue;
    for (const { init } of statement.declarations) {
      const isFunction = init?.type === "ArrowFunctionExpression" ||
        init?.type === "FunctionExpression";
      if (isFunction) nested += linesOf(context, init.range);
    }
  }
  return linesOf(context, node.range) - nested <= FUNCTION_MAX_LINES;
}

/** Blank lines and lines of comment. */
const NO_CODE = /^\s*($|\/\/|\/\*|\*)/;

const shortFiles: Deno.lint.Rule = {
  create(context) {
    if (!isProduct(context.filename)) return {};
    return {
      Program(node) {
        const lines =
          context.sourceCode.text.split("\n").filter((line) => !NO_CODE.test(line)).length;
        if (lines <= FILE_MAX_LINES) return;
        context.report({
          node: node.body[0] ?? node,
          message: `A file of ${lines} lines of code is longer than ${FILE_MAX_LINES}`,
          hint: "Split it by meaning.",
        });
      },
    };
  },
};

/** Where each packet goes through. */
const PACKET_PATH = /^core\/(media|datapath|wire|host\/linux)\//;

/**
 * A class with fields in its constructor's parameters has all its fields made twice: first all undefined, then with their
 * values. V8 takes them for fields of any kind from then on, and makes an object of every number they are given.
 */
const plainFields: Deno.lint.Rule = {
  create(context) {
    if (!isProduct(context.filename) || !PACKET_PATH.test(placeOf(context.filename))) return {};
    return {
      TSParameterProperty(node) {
        context.report({
          node,
          message: "A field in a constructor's parameters makes all numbers of its class objects",
          hint: "Declare the field in the class and set it in the constructor.",
        });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "no-ambient-io": noAmbientIo,
    "no-impure-imports": noImpureImports,
    "brand-casts-only": brandCastsOnly,
    "short-functions": shortFunctions,
    "short-files": shortFiles,
    "plain-fields": plainFields,
  },
};
export default plugin;
