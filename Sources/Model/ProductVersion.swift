/// Gantry's own version, recorded in every result. Raised with CHANGELOG.md.
package enum ProductVersion {
    package static let string = "0.1.0"
}
