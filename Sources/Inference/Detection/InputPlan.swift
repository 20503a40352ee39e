import Model

/// Which parts of a frame the model looks at, and where each is put in an input picture. The same for every frame of
/// a video.
package struct InputPlan: Hashable, Sendable {
    /// One picture the model is given.
    package struct Input: Hashable, Sendable {
        /// What is shown, in upright frame pixels; whole pixels, within the frame.
        package var region: Box
        /// Where it is put in the input picture, in its pixels; all of it unless letterboxed.
        package var x: Int
        package var y: Int
        package var width: Int
        package var height: Int
    }

    package var frameWidth: Int
    package var frameHeight: Int
    /// Size of every input picture, in pixels.
    package var inputWidth: Int
    package var inputHeight: Int
    /// Level of the pixels that no region covers: make the `PlanarImage`s with it once, they are not overwritten.
    package var fill: UInt8
    /// Input pictures that go through the model in one run.
    package var batch: Int
    /// Tiles row by row, then the whole frame.
    package var inputs: [Input]

    init(
        frameWidth: Int, frameHeight: Int, inputWidth: Int, inputHeight: Int, description: InputDescription,
        tiling: Tiling, largestBatch: Int
    ) {
        self.frameWidth = frameWidth
        self.frameHeight = frameHeight
        self.inputWidth = inputWidth
        self.inputHeight = inputHeight
        fill = description.fill
        let (rows, columns) = tiling.counts(
            frameWidth: frameWidth, frameHeight: frameHeight, inputWidth: inputWidth, inputHeight: inputHeight)
        var regions: [Box] = []
        if rows * columns > 1 {
            for y in Tiling.pieces(of: frameHeight, count: rows) {
                for x in Tiling.pieces(of: frameWidth, count: columns) {
                    regions.append(
                        Box(
                            x: Double(x.lowerBound), y: Double(y.lowerBound), width: Double(x.count),
                            height: Double(y.count)))
                }
            }
        }
        regions.append(Box(x: 0, y: 0, width: Double(frameWidth), height: Double(frameHeight)))
        inputs = regions.map { region in
            var (width, height) = (inputWidth, inputHeight)
            if description.fit == .letterbox {
                let scale = min(Double(inputWidth) / region.width, Double(inputHeight) / region.height)
                width = max(1, min(inputWidth, Int((region.width * scale).rounded())))
                height = max(1, min(inputHeight, Int((region.height * scale).rounded())))
            }
            return Input(
                region: region, x: (inputWidth - width) / 2, y: (inputHeight - height) / 2, width: width,
                height: height)
        }
        batch = max(1, min(largestBatch, inputs.count))
    }
}

extension InputPlan.Input {
    /// A box in pixels of the input picture, brought to the frame and cut to the region.
    func frameBox(x1: Double, y1: Double, x2: Double, y2: Double) -> Box {
        let (scaleX, scaleY) = (region.width / Double(width), region.height / Double(height))
        let left = max(region.x, region.x + (x1 - Double(x)) * scaleX)
        let top = max(region.y, region.y + (y1 - Double(y)) * scaleY)
        let right = min(region.maxX, region.x + (x2 - Double(x)) * scaleX)
        let bottom = min(region.maxY, region.y + (y2 - Double(y)) * scaleY)
        return Box(x: left, y: top, width: right - left, height: bottom - top)
    }
}
