//! XLSForm forms: reading, XPath expressions, sessions
