//! The macro that generates the parameters, documentation and decoder of a primitive from one
//! struct.

/// Defines the argument struct of a primitive together with its [`Spec`].
///
/// ```text
/// args! {
///     /// Formats the device.
///     "domain.verb" => pub struct Verb {
///         /// What this parameter means.
///         pub device: DevicePath,             // required: given by position
///         /// …
///         pub kind: FsKind = "ext4",          // has a default: an option
///         /// …
///         pub label: Option<Label>,           // may be absent: an option
///     }
/// }
/// ```
/// Without a name, the macro defines a map type that primitives can take as a parameter.
#[macro_export]
macro_rules! args {
    (
        $(#[doc = $doc:literal])*
        $name:literal => pub struct $type:ident { $($body:tt)* }
    ) => {
        $crate::args!(@fields [$(#[doc = $doc])*] $type $name { $($body)* });
    };
    (
        $(#[doc = $doc:literal])*
        pub struct $type:ident { $($body:tt)* }
    ) => {
        $crate::args!(@fields [$(#[doc = $doc])*] $type "" { $($body)* });

        impl $crate::types::ParamValue for $type {
            const TYPE: $crate::types::ParamType = $crate::types::ParamType {
                fields: <Self as $crate::operation::spec::Arguments>::SPEC.params,
                ..$crate::types::ParamType::new("map", "a map")
            };

            fn decode(value: &$crate::types::Value) -> ::std::result::Result<Self, $crate::types::Mismatch> {
                let $crate::types::Value::Map(map) = value else {
                    return Err($crate::types::Mismatch::kind(&Self::TYPE, value));
                };
                $crate::operation::spec::Given::by_name(Self::TYPE.fields, map.clone())
                    .and_then(<Self as $crate::operation::spec::Arguments>::decode)
                    .map_err($crate::operation::spec::mismatch_in_map)
            }

            fn encode(&self) -> $crate::types::Value {
                $crate::types::Value::Map($crate::operation::spec::Arguments::encode(self))
            }
        }
    };
    (
        @fields [$(#[doc = $doc:literal])*] $type:ident $name:literal {
            $( $(#[doc = $pdoc:literal])* pub $field:ident : $ty:ty $(= $default:literal)? ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone)]
        pub struct $type {
            $( $(#[doc = $pdoc])* pub $field: $ty, )*
        }

        impl $crate::operation::spec::Arguments for $type {
            const SPEC: $crate::operation::spec::Spec = $crate::operation::spec::Spec {
                name: $name,
                doc: concat!($($doc, "\n",)*),
                params: &[$(
                    $crate::types::Param {
                        name: stringify!($field),
                        doc: concat!($($pdoc, "\n",)*),
                        ty: <$ty as $crate::types::ParamValue>::TYPE,
                        default: $crate::args!(@default $($default)?),
                    },
                )*],
            };

            #[allow(unused_mut, unused_variables, unused_assignments)]
            fn decode(mut given: $crate::operation::spec::Given) -> ::std::result::Result<Self, $crate::operation::spec::ArgError> {
                let mut index = 0..;
                Ok(Self { $( $field: given.take(index.next().unwrap_or(usize::MAX))?, )* })
            }

            fn encode(&self) -> $crate::types::Map {
                vec![$(
                    (stringify!($field).to_owned(), $crate::types::ParamValue::encode(&self.$field)),
                )*]
            }
        }
    };
    (@default) => { None };
    (@default $default:literal) => { Some(|| $crate::types::Value::from($default)) };
}
