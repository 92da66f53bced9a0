//! Records whose fields have the same types on both sides of the edge.

/// Declares a record and its conversion from the type of `ruhu-device` with the same fields. A field
/// that is added, removed or renamed there stops this crate from compiling.
macro_rules! mirror {
    (
        $(#[$about:meta])*
        $name:ident of $source:path {
            $($(#[$doc:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl From<$source> for $name {
            fn from(source: $source) -> Self {
                let $source { $($field),* } = source;
                $name { $($field),* }
            }
        }
    };
}

pub(crate) use mirror;

/// Converts each item of a list.
pub(crate) fn list<A, B: From<A>>(items: Vec<A>) -> Vec<B> {
    items.into_iter().map(B::from).collect()
}
