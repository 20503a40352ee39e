/// How reads of jersey numbers and team colours become identities. Probabilities are 0…1, costs are log-likelihoods.
package struct IdentitySettings: Hashable, Sendable, Codable {
    /// How often a reading that the reader is sure of is right.
    package var readAccuracy = 0.9
    /// Share of wrong reads that are explained by what readers confuse (a digit cut off, 6 for 8, 1 for 7); the rest
    /// may be any number.
    package var plausibleShare = 0.5
    /// Share of the reads of a number of two digits that show one of them alone, the other being out of sight; of two
    /// equal digits twice that. 0 where wrong reads are all of the kinds above.
    package var hiddenDigitShare = 0.0
    /// Share of single digits among what is read on backs without a number: a fold, an arm, a stripe.
    package var singleDigitNoise = 0.3
    /// Reads closer together than this err together, in seconds: they share one read's weight.
    package var readIndependence = 0.1
    /// The same for team colours.
    package var teamIndependence = 0.25
    /// Share of team observations that say nothing, whatever their probabilities.
    package var teamDoubt = 0.1
    /// Cost of a player that was not known of before: one read names nobody.
    package var newPlayerCost = 3.0
    /// Reads of a number, by weight, that it takes to name a player: fewer are never enough.
    package var minimumReads = 2.0
    /// Cost of giving a piece of track a known player's name, beyond the choice among all players.
    package var nameCost = 0.0
    /// Cost of an identity change inside a piece of track: at a point where one box continues another without doubt, and
    /// where it hides another or was out of sight for a while.
    package var solidSplitCost = 14.0
    package var weakSplitCost = 5.0
    /// Share of people about whom no number tells.
    package var namelessShare = 0.4

    /// For how long, in seconds, two pieces of one person may overlap: a cut is not always exact.
    package var overlapTolerance = 0.3

    package init() {}
}
