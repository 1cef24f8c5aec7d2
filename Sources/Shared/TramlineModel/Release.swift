/// Which Tramline this is.
package enum Release {
    /// Semantic; the same as in the OpenAPI document.
    package static let version = "1.0.0"
}
