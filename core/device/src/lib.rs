//! The one object a host app holds
