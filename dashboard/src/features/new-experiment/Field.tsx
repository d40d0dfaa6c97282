import type { ReactNode } from "react";
import { describe } from "@/lib/schema/document";
import { ChoiceField } from "./ChoiceField";
import { CsvField } from "./CsvField";
import { useForm, type FieldProps } from "./FormContext";
import { JsonField } from "./JsonField";
import { ListField } from "./ListField";
import { NullableField } from "./NullableField";
import { NumberField } from "./NumberField";
import { ObjectFields } from "./ObjectFields";
import { SwitchField } from "./SwitchField";
import { TextField } from "./TextField";
import { UnionField } from "./UnionField";

/** The control for a schema; this is the only place that knows all of them. */
export function Field(props: FieldProps): ReactNode {
  const { root } = useForm();
  const node = describe(props.schema, root);
  switch (node.kind) {
    case "object":
      return <ObjectFields {...props} properties={node.properties} render={renderField} />;
    case "union":
      return <UnionField {...props} node={node} render={renderField} />;
    case "nullable":
      return <NullableField {...props} inner={node.inner} render={renderField} />;
    case "enum":
      return <ChoiceField {...props} values={node.values} />;
    case "number":
      return <NumberField {...props} rules={node.schema} isInteger={node.isInteger} />;
    case "boolean":
      return <SwitchField {...props} />;
    case "csv":
      return <CsvField {...props} limit={node.schema.maxLength} />;
    case "text":
      return <TextField {...props} limit={node.schema.maxLength} />;
    case "list":
      return <ListField {...props} items={node.items} />;
    case "json":
      return <JsonField {...props} />;
    case "constant":
      return null;
  }
}

export function renderField(props: FieldProps): ReactNode {
  return <Field key={props.pointer} {...props} />;
}
