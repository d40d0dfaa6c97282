"""A config against its pipeline's JSON Schema (2020-12): defaults filled in, one problem per wrong field.

The schemas are what pydantic writes: `$defs`, `$ref`, and discriminated unions as `oneOf` with a `discriminator`.
Errors inside a union are those of the branch that was chosen, never "not valid under any of the given schemas".
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from azuraforge_api.field_problems import pointer_of
from azuraforge_api.pipelines.sentences import say
from azuraforge_contracts import FieldProblem, PipelineManifest

MAX_PROBLEMS: Final = 100
MAX_CHOICES: Final = 50
_UNIONS: Final = frozenset({"oneOf", "anyOf"})
_CODES: Final[Mapping[str, str]] = {
    "additionalProperties": "additional",
    "const": "enum",
    "exclusiveMaximum": "exclusive_maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "maxItems": "max_items",
    "maxLength": "max_length",
    "maxProperties": "max_properties",
    "minItems": "min_items",
    "minLength": "min_length",
    "minProperties": "min_properties",
    "multipleOf": "multiple_of",
    "propertyNames": "property_name",
    "unevaluatedProperties": "additional",
    "uniqueItems": "unique_items",
}
"""JSON Schema keyword → code of the field problem; a keyword that is not here is its own code."""


def _is_integer(_checker: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_discriminator(_validator: object, rule: Any, instance: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        kind = instance.get(rule["propertyName"])
        if not isinstance(kind, str) or kind not in rule.get("mapping", {}):
            yield ValidationError("no branch is chosen")


# JSON Schema takes 1.0 for an integer and does not know that a discriminator must be given; the pipelines' strict
# configs say otherwise.
_StrictValidator = extend(  # type: ignore[no-untyped-call]  # the stubs leave it bare
    Draft202012Validator,
    {"discriminator": _check_discriminator},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


class ConfigSchema:
    """One manifest's schema, ready to fill and to check. Holds no reference to any config."""

    def __init__(self, manifest: PipelineManifest) -> None:
        self._schema: dict[str, Any] = dict(manifest.config_schema)
        self._defaults: Mapping[str, Any] = manifest.defaults
        # An empty registry: a schema that points elsewhere is refused, nothing is ever fetched.
        registry: Registry[Any] = Registry()
        checker = Draft202012Validator.FORMAT_CHECKER
        self._validator = _StrictValidator(self._schema, registry=registry, format_checker=checker)

    def is_sound(self) -> bool:
        """Whether the schema itself is valid, so that a config can be held against it."""
        try:
            Draft202012Validator.check_schema(self._schema)
        except SchemaError:
            return False
        return True

    def fill(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of `config` in which every value that has a default is present. Nothing given is changed."""
        filled = copy.deepcopy(dict(config))
        self._fill(filled, self._schema, defaults=self._defaults)
        return filled

    def find_problems(self, config: Mapping[str, Any]) -> list[FieldProblem]:
        """One problem per wrong field, in order of pointer; pointers start at the config's root."""
        found: dict[str, FieldProblem] = {}
        explained = (one for error in self._validator.iter_errors(config) for one in self._explain(error, ()))
        for problem in islice(explained, 10 * MAX_PROBLEMS):
            found.setdefault(problem.pointer, problem)
        return [found[pointer] for pointer in sorted(found)][:MAX_PROBLEMS]

    def _explain(self, error: ValidationError, base: tuple[str | int, ...]) -> Iterator[FieldProblem]:
        path = (*base, *error.relative_path)
        keyword, instance = str(error.validator), cast("Any", error.instance)
        rule, schema = cast("Any", error.validator_value), cast("Any", error.schema)
        if keyword in _UNIONS:
            yield from self._explain_union(error, path)
        elif keyword == "discriminator":
            code = "enum" if rule["propertyName"] in instance else "required"
            yield _problem((*path, rule["propertyName"]), code, {"choices": sorted(rule.get("mapping", {}))})
        elif keyword == "required":
            missing = [name for name in rule if name not in instance]
            yield from (_problem((*path, name), "required", {}) for name in missing)
        elif keyword in {"additionalProperties", "unevaluatedProperties"}:
            known = sorted(schema.get("properties", {}))
            extra = [name for name in instance if name not in known]
            yield from (_problem((*path, name), "additional", {"known": known[:MAX_CHOICES]}) for name in extra)
        else:
            yield _problem(path, _CODES.get(keyword, keyword), _params(keyword, rule))

    def _explain_union(self, error: ValidationError, path: tuple[str | int, ...]) -> Iterator[FieldProblem]:
        branches, schema, instance = cast("Any", error.validator_value), cast("Any", error.schema), error.instance
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, Mapping) and isinstance(instance, Mapping):
            kind = instance.get(discriminator["propertyName"])
            wanted = discriminator.get("mapping", {}).get(kind) if isinstance(kind, str) else None
            fitting = [index for index, branch in enumerate(branches) if wanted and branch.get("$ref") == wanted]
            if not fitting:
                return  # the discriminator itself is wrong, which is a problem of its own
        else:
            fitting = [index for index, branch in enumerate(branches) if self._takes_kind(branch, instance)]
        if fitting:
            yield from self._explain_branch(error, fitting[0], path)
        else:
            yield _problem(path, "type", {"types": self._kinds(branches)})

    def _explain_branch(
        self, error: ValidationError, index: int, path: tuple[str | int, ...]
    ) -> Iterator[FieldProblem]:
        inner = [one for one in error.context or [] if one.relative_schema_path[0] == index]
        for one in inner:
            yield from self._explain(one, path)
        if not inner:  # oneOf with two branches that both fit
            yield _problem(path, "ambiguous", {})

    def _takes_kind(self, branch: Mapping[str, Any], instance: Any) -> bool:
        resolved = self._resolve(branch)
        if "type" not in resolved:
            return True
        return bool(self._validator.evolve(schema={"type": resolved["type"]}).is_valid(instance))

    def _kinds(self, branches: list[Mapping[str, Any]]) -> list[str]:
        kinds: list[str] = []
        for branch in branches:
            kind = self._resolve(branch).get("type", "any")
            kinds.extend(kind if isinstance(kind, list) else [str(kind)])
        return list(dict.fromkeys(kinds))

    def _resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow local `$ref`s; a loop or a dangling one ends as the schema that takes everything."""
        for _ in range(16):
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                return schema
            target: Any = self._schema
            for step in reference.removeprefix("#/").split("/"):
                target = target.get(step) if isinstance(target, Mapping) else None
            if not isinstance(target, Mapping):
                break
            schema = target
        return {}

    def _fill(self, value: Any, schema: Mapping[str, Any], *, defaults: Any) -> None:
        schema = self._branch_for(value, self._resolve(schema))
        if isinstance(value, list):
            items = schema.get("items")
            if isinstance(items, Mapping):
                for item in value:
                    self._fill(item, items, defaults=None)
            return
        properties = schema.get("properties")
        if not isinstance(value, dict) or not isinstance(properties, Mapping):
            return
        required = schema.get("required", [])
        for name, field in properties.items():
            inherited = defaults.get(name) if isinstance(defaults, Mapping) else None
            if name not in value and name not in required:
                self._add_default(value, name, field, inherited=inherited)
            if name in value:
                self._fill(value[name], field, defaults=inherited if _is_same_kind(inherited, value[name]) else None)

    def _add_default(self, value: dict[str, Any], name: str, field: Mapping[str, Any], *, inherited: Any) -> None:
        resolved = self._resolve(field)
        if "default" in field:
            value[name] = copy.deepcopy(field["default"])
        elif inherited is not None:
            value[name] = copy.deepcopy(inherited)
        elif "default" in resolved:
            value[name] = copy.deepcopy(resolved["default"])
        elif resolved.get("type") == "object" and "properties" in resolved and not resolved.get("required"):
            value[name] = {}

    def _branch_for(self, value: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        branches = schema.get("oneOf") or schema.get("anyOf")
        if not isinstance(branches, list):
            return schema
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, Mapping) and isinstance(value, Mapping):
            kind = value.get(str(discriminator.get("propertyName")))
            reference = discriminator.get("mapping", {}).get(kind) if isinstance(kind, str) else None
            return self._resolve({"$ref": reference}) if reference else {}
        fitting = [self._resolve(branch) for branch in branches if self._takes_kind(branch, value)]
        return fitting[0] if fitting else {}


def _is_same_kind(inherited: Any, value: Any) -> bool:
    """Whether defaults of one union branch may be read for a value: both name the same `kind`, or neither does."""
    if not isinstance(inherited, Mapping) or not isinstance(value, Mapping):
        return False
    return inherited.get("kind") == value.get("kind")


def _params(keyword: str, rule: Any) -> dict[str, Any]:
    if keyword == "type":
        return {"types": rule if isinstance(rule, list) else [rule]}
    if keyword == "enum":
        return {"choices": [str(choice) for choice in rule][:MAX_CHOICES]}
    if keyword == "const":
        return {"choices": [str(rule)]}
    if keyword == "pattern":
        return {}
    return {"limit": rule} if isinstance(rule, str | int | float) and not isinstance(rule, bool) else {}


def _problem(path: tuple[str | int, ...], code: str, params: Mapping[str, Any]) -> FieldProblem:
    return FieldProblem(pointer=pointer_of(path), code=code, message=say(code, params), params=dict(params))
