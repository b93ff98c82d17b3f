/** Photos lose their place, camera and surplus size before they leave the visitor's device. */

const SIDE_MAX_PX = 2560;
const QUALITY = 0.85;

/** A JPEG drawn anew: upright, without EXIF. Everything else, and what cannot be drawn, as it is. */
export async function cleaned(file: File): Promise<Blob> {
  if (file.type !== "image/jpeg") return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE_MAX_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return await new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", QUALITY));
  } catch {
    return file;
  }
}
